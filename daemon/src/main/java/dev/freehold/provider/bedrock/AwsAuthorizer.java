package dev.freehold.provider.bedrock;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Permit;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.Outgoing;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** Signs requests to Bedrock, by the credential's keys or by those of a role that it takes on. */
public final class AwsAuthorizer implements Authorizer {

  private static final String SERVICE = "bedrock";

  private final ProviderSpec spec;
  private final String region;
  private final Supplier<Optional<String>> credential;
  private final Optional<AssumedRole> role;
  private final InstantSource clock;

  /**
   * @param credential JSON with {@code accessKeyId}, {@code secretAccessKey} and, where there is
   *     one, {@code sessionToken}; asked at every request
   * @param role to take on; absent to sign by the credential itself
   */
  public AwsAuthorizer(
      ProviderSpec spec,
      String region,
      Supplier<Optional<String>> credential,
      Optional<AssumedRole> role,
      InstantSource clock) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.region = Objects.requireNonNull(region, "region");
    this.credential = Objects.requireNonNull(credential, "credential");
    this.role = Objects.requireNonNull(role, "role");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  @Override
  public Outgoing authorize(Permit permit, Outgoing request)
      throws IOException, InferenceException, InterruptedException {
    String secret =
        credential.get().orElseThrow(() -> refused("has no credential in this box's bundle"));
    AwsKeys keys =
        AwsKeys.parse(secret)
            .orElseThrow(
                () ->
                    refused(
                        "has a credential that is not JSON such as {\"accessKeyId\": …,"
                            + " \"secretAccessKey\": …}"));
    if (role.isPresent()) {
      keys = role.get().keys(permit, secret, keys);
    }
    return AwsSignature.sign(request, keys, region, SERVICE, clock.instant());
  }

  /** AWS says 403 of keys that have ended, too. */
  @Override
  public void refused(int status) {
    role.ifPresent(AssumedRole::forget);
  }

  @Override
  public void close() {
    role.ifPresent(AssumedRole::close);
  }

  private InferenceException refused(String why) {
    return new InferenceException(
        Kind.PROVIDER_REFUSED,
        "Provider '%s' %s. The operator should publish one.".formatted(spec.name(), why));
  }

  @Override
  public String toString() {
    return "AwsAuthorizer[provider=" + spec.name() + "]";
  }
}
