package dev.freehold.lifecycle;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.provider.Timing;
import dev.freehold.provider.alephalpha.AlephAlphaProtocol;
import dev.freehold.provider.anthropic.AnthropicProtocol;
import dev.freehold.provider.azure.AzureProtocol;
import dev.freehold.provider.bedrock.AssumedRole;
import dev.freehold.provider.bedrock.AwsAuthorizer;
import dev.freehold.provider.bedrock.BedrockProtocol;
import dev.freehold.provider.cohere.CohereProtocol;
import dev.freehold.provider.gemini.GeminiProtocol;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.peer.PeerProtocol;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.OAuthAuthorizer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteTls;
import dev.freehold.provider.remote.TokenEndpoint;
import dev.freehold.provider.remote.Transport;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes the providers of a policy that are outside this box. */
final class RemoteProviders {

  private static final URI COHERE = URI.create("https://api.cohere.com/v2");
  private static final URI ALEPH_ALPHA = URI.create("https://api.aleph-alpha.com/v1");

  private final WayOut wayOut;
  private final Timing timing;

  /** The way to one host. */
  @FunctionalInterface
  interface WayOut {
    Transport to(ProviderSpec spec, URI base, RemoteTls tls);
  }

  RemoteProviders(WayOut wayOut, Timing timing) {
    this.wayOut = wayOut;
    this.timing = timing;
  }

  /** Over the network. */
  static RemoteProviders overNetwork() {
    return new RemoteProviders(HttpTransport::new, Timing.SYSTEM);
  }

  /**
   * Makes one; nothing is sent before the first request.
   *
   * @param credential asked at every request
   * @param device what this box shows of itself to other boxes
   * @throws IllegalArgumentException if the provider lacks what its kind needs, or its url or ca is
   *     wrong
   */
  RemoteProvider open(
      ProviderSpec spec, Supplier<Optional<String>> credential, ClientIdentity device) {
    return switch (spec.kind()) {
      case OPENAI -> {
        URI url = url(spec);
        yield open(spec, url, new OpenAiProtocol(url), bearer(spec, credential));
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
      case AZURE_OPENAI -> {
        URI url = url(spec);
        Authorizer authorizer =
            spec.oauth().isPresent()
                ? bearer(spec, credential)
                : Authorizer.header("api-key", credential);
        yield open(spec, url, new AzureProtocol(url, spec.apiVersion()), authorizer);
      }
      case BEDROCK -> bedrock(spec, credential);
      case COHERE -> {
        URI url = spec.url().orElse(COHERE);
        yield open(spec, url, new CohereProtocol(url), bearer(spec, credential));
      }
      case ALEPH_ALPHA -> {
        URI url = spec.url().orElse(ALEPH_ALPHA);
        yield open(spec, url, new AlephAlphaProtocol(url), bearer(spec, credential));
      }
      case PEER -> peer(spec, device);
      case ENGINE -> throw new IllegalArgumentException("the engine is no remote provider");
    };
  }

  /** Another box shows a certificate of the authority that issued this box's. */
  private RemoteProvider peer(ProviderSpec spec, ClientIdentity device) {
    URI url = PeerProtocol.baseOf(url(spec));
    RemoteTls tls = RemoteTls.mutual(device.key(), device.chain(), spec.caPem(), spec.peerName());
    return new RemoteProvider(
        spec, new PeerProtocol(url), PeerProtocol.labelled(), wayOut.to(spec, url, tls), timing);
  }

  private RemoteProvider bedrock(ProviderSpec spec, Supplier<Optional<String>> credential) {
    String region =
        spec.region()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the provider '%s' needs a region such as eu-central-1"
                            .formatted(spec.name())));
    String domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    URI url =
        spec.url()
            .orElseGet(() -> URI.create("https://bedrock-runtime.%s.%s".formatted(region, domain)));
    URI sts = URI.create("https://sts.%s.%s/".formatted(region, domain));
    Optional<AssumedRole> role =
        spec.role()
            .map(
                arn ->
                    new AssumedRole(arn, region, sts, tokens(spec, sts, Optional.empty()), timing));
    return open(
        spec,
        url,
        new BedrockProtocol(url),
        new AwsAuthorizer(spec, region, credential, role, timing));
  }

  /** By the credential itself, or by a token that is had for it. */
  private Authorizer bearer(ProviderSpec spec, Supplier<Optional<String>> credential) {
    return spec.oauth()
        .<Authorizer>map(
            oauth ->
                new OAuthAuthorizer(
                    spec, oauth, credential, tokens(spec, oauth.tokenUrl(), spec.caPem()), timing))
        .orElseGet(() -> Authorizer.bearer(credential));
  }

  private TokenEndpoint tokens(ProviderSpec spec, URI url, Optional<String> caPem) {
    return new TokenEndpoint(spec, wayOut.to(spec, url, new RemoteTls(caPem)), timing);
  }

  private RemoteProvider open(
      ProviderSpec spec, URI base, Protocol protocol, Authorizer authorizer) {
    return new RemoteProvider(
        spec, protocol, authorizer, wayOut.to(spec, base, new RemoteTls(spec.caPem())), timing);
  }

  private static URI url(ProviderSpec spec) {
    return spec.url()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the provider '%s' needs a url".formatted(spec.name())));
  }
}
