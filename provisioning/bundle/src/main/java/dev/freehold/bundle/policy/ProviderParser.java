package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.Prices.Price;
import dev.freehold.bundle.policy.ProviderSpec.Kind;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the providers of a policy: what each kind needs, and what it may not have. */
final class ProviderParser {

  private static final List<String> KEYS =
      List.of(
          "kind",
          "trust",
          "name",
          "region",
          "url",
          "credential",
          "model",
          "price",
          "timeouts",
          "ca");
  private static final List<String> PRICE_KEYS = List.of("in", "out");
  private static final List<String> TIMEOUT_KEYS = List.of("connect", "firstToken", "total");

  private static final Pattern PROVIDER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern REGION = Pattern.compile("[A-Za-z0-9-]{2,32}");
  private static final Pattern CREDENTIAL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.[0-9]{1,3}){3}");
  private static final Duration TIMEOUT_MAX = Duration.ofHours(1);

  /** What {@code Freehold-Provider} says when no provider answered. */
  private static final String RESERVED = "none";

  private final Problems problems;

  ProviderParser(Problems problems) {
    this.problems = problems;
  }

  Map<String, ProviderSpec> providers(Section file) {
    Section section = file.section("providers", "providers");
    Map<String, ProviderSpec> providers = new LinkedHashMap<>();
    String engine = null;
    for (String name :
        PolicyParser.named(section, "providers", PROVIDER, "local: {kind: engine}", problems)) {
      Section fields = section.section(name, "provider " + name).onlyKeys(KEYS);
      if (name.equals(RESERVED)) {
        problems.add(section.keyNode(name), "the name \"none\" is reserved; choose another");
      }
      ProviderSpec provider = provider(name, fields);
      if (provider.kind() == Kind.ENGINE && fields.has("kind")) {
        if (engine != null) {
          fields.problem(
              "kind", "a box has one engine and \"" + engine + "\" is it; remove this provider");
        }
        engine = name;
      }
      providers.put(name, provider);
    }
    return providers;
  }

  private ProviderSpec provider(String name, Section fields) {
    Kind kind = kind(fields);
    Optional<URI> url = url(fields);
    TrustClass trust = trust(kind, fields);
    Section timeouts = fields.section("timeouts", "timeouts of " + name).onlyKeys(TIMEOUT_KEYS);
    Timeouts usual = Timeouts.DEFAULT;
    ProviderSpec provider =
        new ProviderSpec(
            name,
            kind,
            trust,
            fields.text("name"),
            matching(fields, "region", REGION, "a region such as CH or eu-central-1"),
            url,
            matching(fields, "credential", CREDENTIAL, "the name of a credential"),
            Optional.empty(),
            fields.text("model"),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            price(name, fields),
            Limits.NONE,
            Budget.NONE,
            new Timeouts(
                timeouts.duration("connect", usual.connect(), TIMEOUT_MAX),
                timeouts.duration("firstToken", usual.firstToken(), TIMEOUT_MAX),
                usual.idle(),
                timeouts.duration("total", usual.total(), TIMEOUT_MAX)),
            OptionalDouble.empty(),
            BreakerSpec.DEFAULT,
            Set.of(),
            OptionalInt.empty(),
            ca(fields));
    switch (kind) {
      case ENGINE -> checkEngine(provider, fields);
      case OPENAI -> checkOpenAi(provider, fields);
      case PEER, ANTHROPIC, AZURE_OPENAI, BEDROCK, GEMINI, COHERE, ALEPH_ALPHA -> {}
    }
    return provider;
  }

  private Kind kind(Section fields) {
    Optional<String> text = fields.requiredText("kind", "engine");
    if (text.isEmpty()) {
      return Kind.ENGINE;
    }
    Optional<Kind> kind = Kind.find(text.get());
    if (kind.isEmpty()) {
      fields.problem("kind", PolicyParser.unknown("kind", text.get(), Kind.texts()));
    }
    return kind.orElse(Kind.PEER);
  }

  private TrustClass trust(Kind kind, Section fields) {
    Optional<String> text = fields.text("trust");
    if (text.isPresent()) {
      Optional<TrustClass> trust = TrustClass.find(text.get());
      if (trust.isEmpty()) {
        fields.problem(
            "trust", PolicyParser.unknown("trust class", text.get(), TrustClass.texts()));
      }
      return trust.orElse(TrustClass.CLOUD);
    }
    return switch (kind) {
      case ENGINE -> TrustClass.LOCAL;
      case PEER -> TrustClass.SITE;
      case OPENAI, ANTHROPIC, AZURE_OPENAI, BEDROCK, GEMINI, COHERE, ALEPH_ALPHA -> {
        problems.add(
            fields.node(),
            "the provider needs \"trust\", one of " + String.join(", ", TrustClass.texts()));
        yield TrustClass.CLOUD;
      }
    };
  }

  private Optional<URI> url(Section fields) {
    Optional<String> text = fields.text("url");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(text.get().replaceFirst("/+$", ""));
      String wrong = wrongWith(uri);
      if (wrong.isEmpty()) {
        return Optional.of(uri);
      }
      fields.problem("url", wrong);
    } catch (URISyntaxException e) {
      fields.problem(
          "url", "expected a URL such as https://host/v1, found one that cannot be read");
    }
    return Optional.empty();
  }

  /** The URL itself is never repeated: a mistaken one may hold a password. */
  private static String wrongWith(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      return "expected an absolute URL such as https://host/v1";
    }
    if (uri.getUserInfo() != null) {
      return "a URL may not hold a user or password; put it in the bundle and name it by"
          + " \"credential\"";
    }
    if (uri.getQuery() != null || uri.getFragment() != null) {
      return "expected a base URL without ? and #";
    }
    if (scheme.equals("http") && !isLoopback(uri)) {
      return "plain http is allowed to a loopback address only; use https";
    }
    return "";
  }

  static boolean isLoopback(URI uri) {
    String host = uri.getHost();
    return host.equalsIgnoreCase("localhost")
        || host.equals("[::1]")
        || LOOPBACK_V4.matcher(host).matches();
  }

  private Prices price(String name, Section fields) {
    if (!fields.has("price")) {
      return Prices.NONE;
    }
    Section price = fields.section("price", "price of " + name).onlyKeys(PRICE_KEYS);
    Optional<BigDecimal> in = price.decimal("in");
    Optional<BigDecimal> out = price.decimal("out");
    if (!price.has("in") || !price.has("out")) {
      fields.problem("price", "expected a price of a million tokens, such as {in: 0.4, out: 1.2}");
    }
    return in.isPresent() && out.isPresent()
        ? new Prices(List.of(new Price(LocalDate.EPOCH, in.get(), in.get(), out.get())))
        : Prices.NONE;
  }

  private Optional<String> ca(Section fields) {
    Optional<String> pem = fields.text("ca");
    if (pem.isEmpty()) {
      return pem;
    }
    try {
      boolean none =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.get().getBytes(StandardCharsets.UTF_8)))
              .isEmpty();
      if (none) {
        fields.problem("ca", "expected certificates in PEM, found none");
      }
    } catch (CertificateException e) {
      fields.problem("ca", "expected certificates in PEM (BEGIN CERTIFICATE …), found other text");
    }
    return pem;
  }

  private static Optional<String> matching(
      Section fields, String key, Pattern pattern, String expected) {
    Optional<String> text = fields.text(key);
    if (text.isPresent() && !pattern.matcher(text.get()).matches()) {
      // What stands here may be the secret itself, put in the wrong place: it is not repeated.
      fields.problem(key, "expected " + key + " to be " + expected + " (letters, digits, dashes)");
      return Optional.empty();
    }
    return text;
  }

  private void checkEngine(ProviderSpec provider, Section fields) {
    if (provider.trust() != TrustClass.LOCAL) {
      fields.problem("trust", "the engine runs on the box: its trust is local; remove this line");
    }
    for (String key : List.of("url", "credential", "model", "ca", "name")) {
      if (fields.has(key)) {
        fields.problem(key, "a provider of kind engine has no \"" + key + "\"; remove it");
      }
    }
  }

  private void checkOpenAi(ProviderSpec provider, Section fields) {
    if (!fields.has("url")) {
      problems.add(
          fields.node(), "a provider of kind openai needs \"url\", such as https://host/v1");
    }
    if (fields.has("name")) {
      fields.problem("name", "only a provider of kind peer has a \"name\"; remove it");
    }
    boolean loopback = provider.url().map(ProviderParser::isLoopback).orElse(true);
    if (provider.trust() == TrustClass.LOCAL && !loopback) {
      fields.problem(
          "trust", "trust local is for what runs on the box, at a loopback address; use site");
    }
    boolean remote =
        provider.trust() == TrustClass.SOVEREIGN || provider.trust() == TrustClass.CLOUD;
    if (remote && !loopback && !fields.has("credential")) {
      problems.add(
          fields.node(),
          "a "
              + provider.trust().text()
              + " provider needs \"credential\", the name of a secret given at publishing");
    }
    boolean plain =
        provider.url().map(uri -> uri.getScheme().equalsIgnoreCase("http")).orElse(false);
    if (plain && fields.has("ca")) {
      fields.problem("ca", "plain http has no certificate to check; remove \"ca\" or use https");
    }
  }
}
