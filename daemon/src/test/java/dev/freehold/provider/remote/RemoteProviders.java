package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.provider.Timing;
import java.net.URI;
import java.util.Optional;

/** Providers in front of an upstream that a test made. */
public final class RemoteProviders {

  private RemoteProviders() {}

  /** A provider without a certificate of its own. */
  public static RemoteProvider of(
      ProviderSpec spec, URI url, Protocol protocol, Authorizer authorizer) {
    return new RemoteProvider(
        spec,
        protocol,
        authorizer,
        new HttpTransport(spec, url, new RemoteTls(Optional.empty())),
        Timing.SYSTEM);
  }
}
