package dev.freehold.controller.store;

import java.time.Instant;
import java.util.Objects;

/** Who did what to whom, and when. Never holds a secret. */
public record AuditEntry(Instant at, String actor, String action, String subject) {

  public AuditEntry {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(subject, "subject");
  }
}
