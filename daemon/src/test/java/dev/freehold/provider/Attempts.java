package dev.freehold.provider;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.locality.Locality;
import dev.freehold.locality.Permit;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Attempts as routing makes them, where a policy allows everything to a public request. */
public final class Attempts {

  private static final Locality EVERYWHERE =
      new Locality(Map.of(Label.PUBLIC, Set.of(TrustClass.values())));

  private static final ProviderSpec ENGINE =
      ProviderSpecs.of("local", ProviderSpec.Kind.ENGINE, TrustClass.LOCAL).spec();

  private Attempts() {}

  /** One of the engine. */
  public static Attempt local(
      InferenceRequest request, Optional<PreparedPrompt> prepared, Duration allowed) {
    return new Attempt(
        request,
        prepared,
        prepared.map(PreparedPrompt::tokens).orElse(0),
        permit(request, ENGINE),
        Instant.now().plus(allowed),
        Attempt.Departure.UNSEEN);
  }

  /** One of a remote provider. */
  public static Attempt remote(InferenceRequest request, ProviderSpec spec) {
    return new Attempt(
        request,
        Optional.empty(),
        0,
        permit(request, spec),
        Instant.now().plusSeconds(60),
        Attempt.Departure.UNSEEN);
  }

  private static Permit permit(InferenceRequest request, ProviderSpec spec) {
    return EVERYWHERE.permit(request.id(), Label.PUBLIC, spec).orElseThrow();
  }
}
