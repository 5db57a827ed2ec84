package dev.freehold.lifecycle;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.provider.Timing;
import dev.freehold.provider.anthropic.AnthropicProtocol;
import dev.freehold.provider.gemini.GeminiProtocol;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteTls;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes the providers of a policy that are outside this box. */
final class RemoteProviders {

  private RemoteProviders() {}

  /**
   * Makes one; nothing is sent before the first request.
   *
   * @param credential asked at every request
   * @throws IllegalArgumentException if the provider's kind has no adapter, or its url or ca is
   *     wrong
   */
  static RemoteProvider open(ProviderSpec spec, Supplier<Optional<String>> credential) {
    return switch (spec.kind()) {
      case OPENAI -> {
        URI url = url(spec);
        yield open(spec, url, new OpenAiProtocol(url), Authorizer.bearer(credential));
      }
      case ANTHROPIC -> {
        URI url = spec.url().orElse(AnthropicProtocol.DEFAULT_URL);
        yield open(
            spec,
            url,
            new AnthropicProtocol(url, spec.apiVersion()),
            Authorizer.header("x-api-key", credential));
      }
      case GEMINI -> {
        URI url = spec.url().orElse(GeminiProtocol.DEFAULT_URL);
        yield open(
            spec, url, new GeminiProtocol(url), Authorizer.header("x-goog-api-key", credential));
      }
      case PEER, AZURE_OPENAI, BEDROCK, COHERE, ALEPH_ALPHA ->
          throw new IllegalArgumentException(
              "provider %s is of kind %s, which this daemon does not have"
                  .formatted(spec.name(), spec.kind().text()));
      case ENGINE -> throw new IllegalArgumentException("the engine is no remote provider");
    };
  }

  private static RemoteProvider open(
      ProviderSpec spec, URI base, Protocol protocol, Authorizer authorizer) {
    return new RemoteProvider(
        spec,
        protocol,
        authorizer,
        new HttpTransport(spec, base, new RemoteTls(spec.caPem())),
        Timing.SYSTEM);
  }

  private static URI url(ProviderSpec spec) {
    return spec.url()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the provider '%s' needs a url".formatted(spec.name())));
  }
}
