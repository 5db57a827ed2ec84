package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.ProviderSpec.Kind;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What each kind of provider needs, and what it may not have. */
final class ProviderRules {

  /** What every kind may say. */
  private static final List<String> COMMON =
      List.of("kind", "trust", "region", "price", "limits", "budget", "cannot");

  /** What is said of a provider that is reached over a network. */
  private static final List<String> REACHED =
      List.of(
          "timeouts", "tokensPerSecondMin", "breaker", "url", "ca", "model", "models", "context");

  private static final Map<Kind, List<String>> ALSO = also();

  /** What some kind may say. */
  static final List<String> KEYS = keys();

  private final ProviderSpec provider;
  private final Section fields;
  private final Problems problems;

  ProviderRules(ProviderSpec provider, Section fields, Problems problems) {
    this.provider = provider;
    this.fields = fields;
    this.problems = problems;
  }

  private static Map<Kind, List<String>> also() {
    Map<Kind, List<String>> also = new EnumMap<>(Kind.class);
    // The context of the engine is that of its models, and it tells itself what it has room for.
    also.put(Kind.ENGINE, List.of());
    for (Kind kind : Kind.values()) {
      also.computeIfAbsent(
          kind,
          other -> {
            Set<String> keys = new LinkedHashSet<>(REACHED);
            keys.addAll(
                switch (other) {
                  case OPENAI, GEMINI, COHERE, ALEPH_ALPHA -> List.of("credential", "oauth");
                  case AZURE_OPENAI -> List.of("credential", "oauth", "apiVersion");
                  case ANTHROPIC -> List.of("credential", "apiVersion");
                  case BEDROCK -> List.of("credential", "role");
                  case PEER -> List.of("name");
                  case ENGINE -> List.of();
                });
            return List.copyOf(keys);
          });
    }
    return also;
  }

  private static List<String> keys() {
    Set<String> keys = new LinkedHashSet<>(COMMON);
    ALSO.values().forEach(keys::addAll);
    return List.copyOf(keys);
  }

  void check(Kind kind) {
    checkKeys(kind);
    switch (kind) {
      case ENGINE -> checkEngine();
      case PEER -> checkPeer();
      case OPENAI -> {
        needs("url", "https://host/v1");
        checkOpenAiCredential();
      }
      case ANTHROPIC, GEMINI, COHERE -> {
        needs("credential", provider.name() + "-key");
        checkHostedDefault(kind);
      }
      case AZURE_OPENAI -> {
        needs("url", "https://NAME.openai.azure.com");
        needs("credential", provider.name() + "-key");
      }
      case BEDROCK -> {
        needs("region", "eu-central-1");
        needs("credential", provider.name() + "-key");
        checkHostedDefault(kind);
      }
      case ALEPH_ALPHA -> {
        needs("url", "https://host");
        needs("credential", provider.name() + "-key");
      }
    }
    if (kind != Kind.ENGINE) {
      checkTrustLocal();
    }
    if (fields.has("oauth") && fields.lacks("credential")) {
      problems.add(
          fields.keyNode("oauth"),
          "oauth needs \"credential\", the name of the client's secret given at publishing");
    }
    if (isPlainHttp() && fields.has("ca")) {
      fields.problem("ca", "plain http has no certificate to check; remove \"ca\" or use https");
    }
  }

  private void checkKeys(Kind kind) {
    for (String key : fields.keys()) {
      if (KEYS.contains(key) && !COMMON.contains(key) && !ALSO.get(kind).contains(key)) {
        problems.add(
            fields.keyNode(key),
            "a provider of kind " + kind.text() + " has no \"" + key + "\"; remove it");
      }
    }
  }

  private void needs(String key, String example) {
    if (fields.lacks(key)) {
      problems.add(
          fields.node(),
          "a provider of kind "
              + provider.kind().text()
              + " needs \""
              + key
              + "\", for example "
              + key
              + ": "
              + example
              + (key.equals("credential") ? " (the name of a secret given at publishing)" : ""));
    }
  }

  private void checkEngine() {
    if (fields.has("trust") && provider.trust() != TrustClass.LOCAL) {
      fields.problem("trust", "the engine runs on the box: its trust is local; remove this line");
    }
  }

  private void checkPeer() {
    if (fields.lacks("url") && fields.lacks("name")) {
      problems.add(
          fields.node(),
          "a provider of kind peer needs \"url\", or \"name\" for https://NAME:8443/v1, for example"
              + " name: hub.zurich");
    }
  }

  private void checkOpenAiCredential() {
    boolean loopback = provider.url().map(ProviderParser::isLoopback).orElse(true);
    boolean remote =
        provider.trust() == TrustClass.SOVEREIGN || provider.trust() == TrustClass.CLOUD;
    if (remote && !loopback && fields.lacks("credential")) {
      problems.add(
          fields.node(),
          "a "
              + provider.trust().text()
              + " provider needs \"credential\", the name of a secret given at publishing");
    }
  }

  private void checkTrustLocal() {
    boolean elsewhere =
        provider.url().isPresent() && !provider.url().map(ProviderParser::isLoopback).orElse(false);
    if (provider.trust() == TrustClass.LOCAL && elsewhere) {
      fields.problem(
          "trust", "trust local is for what runs on the box, at a loopback address; use site");
    }
  }

  /** Whoever names no host means the vendor's own, and that stands in no office. */
  private void checkHostedDefault(Kind kind) {
    boolean near = provider.trust() == TrustClass.LOCAL || provider.trust() == TrustClass.SITE;
    if (near && fields.lacks("url")) {
      fields.problem(
          "trust",
          "without \"url\" a provider of kind "
              + kind.text()
              + " is its vendor's own service, which is not on this site; use cloud or sovereign,"
              + " or give its url");
    }
  }

  private boolean isPlainHttp() {
    return provider.url().map(uri -> uri.getScheme().equalsIgnoreCase("http")).orElse(false);
  }
}
