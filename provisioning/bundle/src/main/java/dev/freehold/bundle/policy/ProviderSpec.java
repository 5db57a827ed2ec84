package dev.freehold.bundle.policy;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Something that answers inference.
 *
 * @param peerName the name in the certificate of another box
 * @param url the base that paths such as {@code /chat/completions} are appended to, without a
 *     trailing slash; https, or http on a loopback host
 * @param credential the name of a credential in the bundle, never the credential
 * @param model what the provider calls any model that is not in {@code models}; when empty, the
 *     name that the client asked for
 * @param models what the provider calls a model of the policy
 * @param apiVersion of Azure OpenAI or Anthropic
 * @param role the role that a Bedrock credential takes on through STS
 * @param tokensPerSecondMin an answer that comes more slowly is broken off
 * @param cannot features that the provider lacks, beyond what its kind lacks anyway
 * @param contextTokens how long prompt and answer may be together
 * @param caPem the authority of a provider whose certificate no public authority issued
 */
public record ProviderSpec(
    String name,
    Kind kind,
    TrustClass trust,
    Optional<String> peerName,
    Optional<String> region,
    Optional<URI> url,
    Optional<String> credential,
    Optional<OAuthSpec> oauth,
    Optional<String> model,
    Map<String, String> models,
    Optional<String> apiVersion,
    Optional<String> role,
    Prices prices,
    Limits limits,
    Budget budget,
    Timeouts timeouts,
    OptionalDouble tokensPerSecondMin,
    BreakerSpec breaker,
    Set<Feature> cannot,
    OptionalInt contextTokens,
    Optional<String> caPem) {

  public ProviderSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(trust, "trust");
    Objects.requireNonNull(peerName, "peerName");
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(credential, "credential");
    Objects.requireNonNull(oauth, "oauth");
    Objects.requireNonNull(model, "model");
    models = Map.copyOf(models);
    Objects.requireNonNull(apiVersion, "apiVersion");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(prices, "prices");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(budget, "budget");
    Objects.requireNonNull(timeouts, "timeouts");
    Objects.requireNonNull(tokensPerSecondMin, "tokensPerSecondMin");
    Objects.requireNonNull(breaker, "breaker");
    cannot = Set.copyOf(cannot);
    Objects.requireNonNull(contextTokens, "contextTokens");
    Objects.requireNonNull(caPem, "caPem");
  }

  /** What the provider calls a model of the policy. */
  public String modelNamed(String asked) {
    return models.getOrDefault(asked, model.orElse(asked));
  }

  /** The adapters. */
  public enum Kind {
    ENGINE("engine"),
    PEER("peer"),
    OPENAI("openai"),
    ANTHROPIC("anthropic"),
    AZURE_OPENAI("azure-openai"),
    BEDROCK("bedrock"),
    GEMINI("gemini"),
    COHERE("cohere"),
    ALEPH_ALPHA("aleph-alpha");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    static Optional<Kind> find(String text) {
      return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
    }

    static List<String> texts() {
      return Arrays.stream(values()).map(Kind::text).toList();
    }

    /** The name as a policy writes it. */
    public String text() {
      return text;
    }
  }
}
