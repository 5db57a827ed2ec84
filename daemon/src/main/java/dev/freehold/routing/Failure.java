package dev.freehold.routing;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** A candidate that was passed over. */
public record Failure(String provider, InferenceException exception) {

  public Failure {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(exception, "exception");
  }

  /** Whether another candidate could do better with the same request. */
  static boolean mayTryAnother(Candidate candidate, InferenceException e) {
    return switch (e.kind()) {
      // Our own engine has read the request and found it wrong; a foreign provider may only lack
      // something.
      case INVALID_REQUEST -> !candidate.isLocalEngine();
      case FORBIDDEN, CANCELLED -> false;
      case UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          OVERLOADED,
          UNAVAILABLE,
          PROVIDER_REFUSED,
          PROVIDER_LIMITED,
          PROVIDER_FAILED,
          TIMED_OUT,
          INTERNAL ->
          true;
    };
  }

  /** Whether the same candidate may do better in a moment. */
  boolean passes() {
    return switch (exception.kind()) {
      case PROVIDER_FAILED, PROVIDER_LIMITED -> true;
      case INVALID_REQUEST,
          UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          FORBIDDEN,
          OVERLOADED,
          UNAVAILABLE,
          PROVIDER_REFUSED,
          TIMED_OUT,
          CANCELLED,
          INTERNAL ->
          false;
    };
  }

  /** Of several failures, the one that tells the client best what to do. */
  static InferenceException mostTelling(List<Failure> failures) {
    List<InferenceException> ranked =
        failures.stream()
            .map(Failure::exception)
            .sorted(Comparator.comparingInt(e -> rank(e.kind())))
            .toList();
    InferenceException best = ranked.getFirst();
    ranked.stream().skip(1).filter(other -> other != best).forEach(best::addSuppressed);
    return best;
  }

  private static int rank(Kind kind) {
    return switch (kind) {
      case CONTEXT_TOO_LONG -> 0;
      case INVALID_REQUEST, UNSUPPORTED -> 1;
      case OVERLOADED, PROVIDER_LIMITED -> 2;
      case UNAVAILABLE -> 3;
      case TIMED_OUT -> 4;
      case PROVIDER_REFUSED -> 5;
      case PROVIDER_FAILED -> 6;
      case MODEL_NOT_FOUND, FORBIDDEN, CANCELLED -> 7;
      case INTERNAL -> 8;
    };
  }
}
