package dev.freehold.provider;

import dev.freehold.bundle.policy.BreakerSpec;
import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.OAuthSpec;
import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.Timeouts;
import dev.freehold.bundle.policy.TrustClass;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** A provider of a policy for tests, with everything left out that a test does not say. */
public final class ProviderSpecs {

  private final String name;
  private final ProviderSpec.Kind kind;
  private final TrustClass trust;
  private Optional<String> peerName = Optional.empty();
  private Optional<String> region = Optional.empty();
  private Optional<URI> url = Optional.empty();
  private Optional<String> credential = Optional.empty();
  private Optional<OAuthSpec> oauth = Optional.empty();
  private Optional<String> model = Optional.empty();
  private Optional<String> apiVersion = Optional.empty();
  private Optional<String> role = Optional.empty();
  private Prices prices = Prices.NONE;
  private Limits limits = Limits.NONE;
  private Timeouts timeouts =
      new Timeouts(
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20));
  private OptionalDouble tokensPerSecondMin = OptionalDouble.empty();
  private BreakerSpec breaker = BreakerSpec.DEFAULT;
  private Optional<String> caPem = Optional.empty();

  private ProviderSpecs(String name, ProviderSpec.Kind kind, TrustClass trust) {
    this.name = name;
    this.kind = kind;
    this.trust = trust;
  }

  public static ProviderSpecs of(String name, ProviderSpec.Kind kind, TrustClass trust) {
    return new ProviderSpecs(name, kind, trust);
  }

  public ProviderSpecs peerName(String text) {
    peerName = Optional.of(text);
    return this;
  }

  public ProviderSpecs region(String text) {
    region = Optional.of(text);
    return this;
  }

  public ProviderSpecs url(URI uri) {
    url = Optional.of(uri);
    return this;
  }

  public ProviderSpecs credential(String text) {
    credential = Optional.of(text);
    return this;
  }

  public ProviderSpecs oauth(OAuthSpec spec) {
    oauth = Optional.of(spec);
    return this;
  }

  public ProviderSpecs model(String text) {
    model = Optional.of(text);
    return this;
  }

  public ProviderSpecs apiVersion(String text) {
    apiVersion = Optional.of(text);
    return this;
  }

  public ProviderSpecs role(String text) {
    role = Optional.of(text);
    return this;
  }

  public ProviderSpecs prices(Prices table) {
    prices = table;
    return this;
  }

  public ProviderSpecs limits(Limits most) {
    limits = most;
    return this;
  }

  public ProviderSpecs timeouts(
      Duration connect, Duration firstToken, Duration idle, Duration total) {
    timeouts = new Timeouts(connect, firstToken, idle, total);
    return this;
  }

  public ProviderSpecs tokensPerSecondMin(double tokens) {
    tokensPerSecondMin = OptionalDouble.of(tokens);
    return this;
  }

  public ProviderSpecs breaker(int failures, Duration openFor) {
    breaker = new BreakerSpec(failures, openFor);
    return this;
  }

  public ProviderSpecs ca(String pem) {
    caPem = Optional.of(pem);
    return this;
  }

  public ProviderSpec spec() {
    return new ProviderSpec(
        name,
        kind,
        trust,
        peerName,
        region,
        url,
        credential,
        oauth,
        model,
        Map.of(),
        apiVersion,
        role,
        prices,
        limits,
        Budget.NONE,
        timeouts,
        tokensPerSecondMin,
        breaker,
        Set.of(),
        OptionalInt.empty(),
        caPem);
  }
}
