package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.ProviderSpec.Kind;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/**
 * Reads the providers of a policy: what any of them may say. What each kind needs and may not have
 * is in {@link ProviderRules}.
 */
final class ProviderParser {

  static final int CONTEXT_TOKENS_MAX = 99_999_999;

  private static final List<String> TIMEOUT_KEYS =
      List.of("connect", "firstToken", "idle", "total");
  private static final List<String> BREAKER_KEYS = List.of("failures", "openFor");
  private static final List<String> OAUTH_KEYS = List.of("tokenUrl", "clientId", "scope");

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern REGION = Pattern.compile("[A-Za-z0-9-]{2,32}");

  /** A name; not what begins as vendors' keys do, nor a long word without a break. */
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "(?!sk[-_]|pk_|gh[a-z]_|github_pat_|xox[a-z]-|A[KS]IA|AIza|hf_|glpat-)"
              + "(?![A-Za-z0-9]{32})[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private static final Pattern PEER =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9-]{1,63}){0,8}");
  private static final Pattern API_VERSION =
      Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?|v[0-9]{1,3}|preview|latest");
  private static final Pattern ROLE =
      Pattern.compile("arn:[a-z-]{3,20}:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}");
  private static final Pattern CLIENT_ID = Pattern.compile("[\\x21-\\x7E]{1,256}");
  private static final Pattern SCOPE = Pattern.compile("[\\x20-\\x7E]{1,1024}");
  private static final Pattern MODEL = Pattern.compile("[\\p{Graph}\\p{L}\\p{N} ]{1,512}");
  private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.[0-9]{1,3}){3}");
  private static final Pattern TRAILING_SLASHES = Pattern.compile("/+$");
  private static final Duration TIMEOUT_MAX = Duration.ofHours(1);
  private static final Duration OPEN_MAX = Duration.ofHours(1);
  private static final int FAILURES_MAX = 1000;

  /** The port on which boxes serve, unless their operator chose another. */
  private static final int PEER_PORT = 8443;

  /** What {@code Freehold-Provider} says when no provider answered. */
  private static final String RESERVED = "none";

  private final Map<String, ModelSpec> models;
  private final MoneyParser money;
  private final Problems problems;

  ProviderParser(Map<String, ModelSpec> models, MoneyParser money, Problems problems) {
    this.models = models;
    this.money = money;
    this.problems = problems;
  }

  Map<String, ProviderSpec> providers(Section file) {
    Section section = file.section("providers", "providers");
    Map<String, ProviderSpec> providers = new LinkedHashMap<>();
    String engine = null;
    for (String name : section.names(NAME, "local: {kind: engine}")) {
      Section fields = section.section(name, "provider " + name).onlyKeys(ProviderRules.KEYS);
      if (name.equals(RESERVED)) {
        problems.add(section.keyNode(name), "the name \"none\" is reserved; choose another");
      }
      Optional<Kind> kind = kind(fields);
      ProviderSpec provider = provider(name, kind, fields);
      kind.ifPresent(known -> new ProviderRules(provider, fields, problems).check(known));
      if (kind.isPresent() && kind.get() == Kind.ENGINE) {
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

  /** A provider of unknown kind reads as a peer, for the rest of the file to be checked. */
  private ProviderSpec provider(String name, Optional<Kind> kind, Section fields) {
    Optional<String> peerName = fields.unrepeated("name", PEER, "a box's name such as hub.zurich");
    return new ProviderSpec(
        name,
        kind.orElse(Kind.PEER),
        trust(kind, fields),
        peerName,
        fields.unrepeated("region", REGION, "a region such as CH or eu-central-1"),
        fields.has("url")
            ? url(fields, "url")
            : kind.filter(Kind.PEER::equals).flatMap(peer -> peerName).map(ProviderParser::peerUrl),
        fields.unrepeated(
            "credential",
            CREDENTIAL,
            "the name of a secret given at publishing (letters, digits, dots, dashes), never the"
                + " secret itself"),
        oauth(name, fields),
        fields.unrepeated("model", MODEL, "the provider's name of a model"),
        models(name, fields),
        fields.unrepeated("apiVersion", API_VERSION, "a version such as 2024-10-21"),
        fields.unrepeated(
            "role", ROLE, "the ARN of a role such as arn:aws:iam::123456789012:role/freehold"),
        money.prices(name, fields),
        limits(name, fields),
        money.budget(name, fields),
        timeouts(name, fields),
        tokensPerSecondMin(fields),
        breaker(name, fields),
        fields.choices("cannot", "feature", Feature::find, Feature.texts()),
        fields.number("context", 1, CONTEXT_TOKENS_MAX),
        ca(fields));
  }

  private static Optional<Kind> kind(Section fields) {
    return fields.requiredText("kind", "engine").isPresent()
        ? fields.choice("kind", "kind", Kind::find, Kind.texts())
        : Optional.empty();
  }

  private TrustClass trust(Optional<Kind> kind, Section fields) {
    if (fields.has("trust")) {
      return fields
          .choice("trust", "trust class", TrustClass::find, TrustClass.texts())
          .orElse(TrustClass.CLOUD);
    }
    if (kind.isEmpty() || !fields.lacks("trust")) {
      return TrustClass.CLOUD;
    }
    return switch (kind.get()) {
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

  private static URI peerUrl(String name) {
    return URI.create("https://" + name + ":" + PEER_PORT + "/v1");
  }

  /** The URL itself is never repeated: a mistaken one may hold a password. */
  private static Optional<URI> url(Section fields, String key) {
    Optional<String> text = fields.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(TRAILING_SLASHES.matcher(text.get()).replaceFirst(""));
      String wrong = wrongWith(uri);
      if (wrong.isEmpty()) {
        return Optional.of(uri);
      }
      fields.problem(key, wrong);
    } catch (URISyntaxException e) {
      fields.problem(key, "expected a URL such as https://host/v1, found one that cannot be read");
    }
    return Optional.empty();
  }

  private static String wrongWith(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      return "expected an absolute URL such as https://host/v1, found other text";
    }
    if (uri.getUserInfo() != null) {
      return "a URL may not hold a user or password; put it in the bundle and name it by"
          + " \"credential\"";
    }
    if (uri.getQuery() != null || uri.getFragment() != null) {
      return "expected a base URL without ? and #; remove that part";
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

  private Optional<OAuthSpec> oauth(String name, Section fields) {
    if (!fields.has("oauth")) {
      return Optional.empty();
    }
    Section oauth = fields.section("oauth", "oauth of " + name).onlyKeys(OAUTH_KEYS);
    if (!(fields.at("oauth") instanceof MappingNode)) {
      return Optional.empty();
    }
    oauth.requiredText("tokenUrl", "https://login.example/oauth2/token");
    oauth.requiredText("clientId", "freehold");
    Optional<URI> tokenUrl = url(oauth, "tokenUrl");
    boolean plain = tokenUrl.isPresent() && !tokenUrl.get().getScheme().equalsIgnoreCase("https");
    if (plain) {
      oauth.problem("tokenUrl", "the client's secret is sent there: expected https, found http");
    }
    Optional<String> clientId =
        oauth.unrepeated("clientId", CLIENT_ID, "the client's public name, without spaces");
    Optional<String> scope = oauth.unrepeated("scope", SCOPE, "scopes separated by spaces");
    return tokenUrl.isPresent() && clientId.isPresent()
        ? Optional.of(new OAuthSpec(tokenUrl.get(), clientId.get(), scope))
        : Optional.empty();
  }

  /** What the provider calls the policy's models. */
  private Map<String, String> models(String name, Section fields) {
    Map<String, String> named = new LinkedHashMap<>();
    Section section = fields.section("models", "models of " + name);
    for (String model : section.keys()) {
      if (models.containsKey(model)) {
        section
            .unrepeated(model, MODEL, "the provider's name of the model")
            .ifPresent(theirs -> named.put(model, theirs));
        if (!section.has(model)) {
          section.problem(model, "expected the provider's name of the model, found nothing");
        }
      } else {
        problems.add(section.keyNode(model), unknownModel(model));
      }
    }
    return named;
  }

  private String unknownModel(String name) {
    return models.values().stream()
        .filter(model -> model.aliases().contains(name))
        .findFirst()
        .map(
            model ->
                "\""
                    + name
                    + "\" is an alias of the model \""
                    + model.name()
                    + "\"; write that name here")
        .orElseGet(() -> Problems.unknown("model", name, models.keySet()));
  }

  private static Limits limits(String name, Section fields) {
    return ClientParser.limits(
        fields.section("limits", "limits of " + name).onlyKeys(ClientParser.LIMIT_KEYS));
  }

  private static Timeouts timeouts(String name, Section fields) {
    Section timeouts = fields.section("timeouts", "timeouts of " + name).onlyKeys(TIMEOUT_KEYS);
    Timeouts usual = Timeouts.DEFAULT;
    Duration connect = timeouts.duration("connect", usual.connect(), TIMEOUT_MAX);
    Duration firstToken = timeouts.duration("firstToken", usual.firstToken(), TIMEOUT_MAX);
    Duration idle = timeouts.duration("idle", usual.idle(), TIMEOUT_MAX);
    Duration total = timeouts.duration("total", usual.total(), TIMEOUT_MAX);
    Map<String, Duration> parts = new LinkedHashMap<>();
    parts.put("connect", connect);
    parts.put("firstToken", firstToken);
    parts.put("idle", idle);
    parts.forEach(
        (key, part) -> {
          if (timeouts.has(key) && timeouts.has("total") && part.compareTo(total) > 0) {
            timeouts.problem(
                key, key + " is longer than total, which ends the attempt first; lower it");
          }
        });
    return new Timeouts(connect, firstToken, idle, total);
  }

  private static OptionalDouble tokensPerSecondMin(Section fields) {
    Optional<BigDecimal> rate = fields.positive("tokensPerSecondMin");
    return rate.isPresent() ? OptionalDouble.of(rate.get().doubleValue()) : OptionalDouble.empty();
  }

  private static BreakerSpec breaker(String name, Section fields) {
    Section breaker = fields.section("breaker", "breaker of " + name).onlyKeys(BREAKER_KEYS);
    BreakerSpec usual = BreakerSpec.DEFAULT;
    return new BreakerSpec(
        breaker.number("failures", 1, FAILURES_MAX).orElse(usual.failures()),
        breaker.duration("openFor", usual.openFor(), OPEN_MAX));
  }

  private static Optional<String> ca(Section fields) {
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
}
