package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Something that answers inference.
 *
 * @param url the base that paths such as {@code /chat/completions} are appended to, without a
 *     trailing slash; https, or http on a loopback host
 * @param credential the name of a credential in the bundle, never the credential
 * @param model what the provider calls the model; when empty, the name that the client asked for
 * @param caPem the authority of a provider whose certificate no public authority issued
 */
public record ProviderSpec(
    String name,
    Kind kind,
    TrustClass trust,
    Optional<String> region,
    Optional<URI> url,
    Optional<String> credential,
    Optional<String> model,
    Optional<Price> price,
    Duration connectTimeout,
    Duration firstTokenTimeout,
    Duration totalTimeout,
    Optional<String> caPem) {

  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);
  public static final Duration DEFAULT_FIRST_TOKEN_TIMEOUT = Duration.ofSeconds(60);
  public static final Duration DEFAULT_TOTAL_TIMEOUT = Duration.ofMinutes(10);

  public ProviderSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(trust, "trust");
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(credential, "credential");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(price, "price");
    Objects.requireNonNull(connectTimeout, "connectTimeout");
    Objects.requireNonNull(firstTokenTimeout, "firstTokenTimeout");
    Objects.requireNonNull(totalTimeout, "totalTimeout");
    Objects.requireNonNull(caPem, "caPem");
  }

  /** The adapters that DESIGN.md names; a policy for this version may only use some of them. */
  public enum Kind {
    ENGINE("engine", true),
    PEER("peer", false),
    OPENAI("openai", true),
    ANTHROPIC("anthropic", false),
    AZURE_OPENAI("azure-openai", false),
    BEDROCK("bedrock", false),
    GEMINI("gemini", false);

    private final String text;
    private final boolean supported;

    Kind(String text, boolean supported) {
      this.text = text;
      this.supported = supported;
    }

    static Optional<Kind> find(String text) {
      return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
    }

    static List<String> supportedTexts() {
      return Arrays.stream(values()).filter(Kind::supported).map(Kind::text).toList();
    }

    /** The name as a policy writes it. */
    public String text() {
      return text;
    }

    /** Whether this version has the adapter. */
    public boolean supported() {
      return supported;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a million tokens cost, in the policy's currency. */
  public record Price(BigDecimal inPerMillion, BigDecimal outPerMillion) {

    public Price {
      Objects.requireNonNull(inPerMillion, "inPerMillion");
      Objects.requireNonNull(outPerMillion, "outPerMillion");
    }
  }
}
