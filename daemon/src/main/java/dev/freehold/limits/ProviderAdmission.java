package dev.freehold.limits;

import dev.freehold.inference.InferenceException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Whether the limits and budgets let an attempt at a provider begin. */
public sealed interface ProviderAdmission {

  /** The attempt may begin; what it may cost is reserved. */
  record Granted(Charge charge) implements ProviderAdmission {

    public Granted {
      Objects.requireNonNull(charge, "charge");
    }
  }

  /**
   * The provider is passed over; nothing is reserved.
   *
   * @param reason a sentence that names the limit or budget, whose it is, and when it is free
   * @param retryAfter when this no longer stands in the way; empty if waiting does not help
   */
  record PassedOver(String reason, Optional<Duration> retryAfter) implements ProviderAdmission {

    public PassedOver {
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(retryAfter, "retryAfter");
    }

    /** The answer to a client whose last candidate this was. */
    public InferenceException refusal() {
      return Limits.refusal(reason, retryAfter);
    }
  }
}
