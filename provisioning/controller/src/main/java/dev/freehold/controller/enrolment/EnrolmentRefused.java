package dev.freehold.controller.enrolment;

import java.util.Objects;

/** A request that does not lead to a certificate. The message is for whoever sent it. */
public final class EnrolmentRefused extends Exception {

  private static final long serialVersionUID = 1L;

  /** Whether proving oneself or the request itself is what failed. */
  public enum Kind {
    /** Serial, token or certificate are not right; which of them is not said. */
    NOT_AUTHENTICATED,
    /** The request is not one that a certificate can be issued for. */
    INVALID_REQUEST
  }

  private final Kind kind;

  public EnrolmentRefused(Kind kind, String message) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  public Kind kind() {
    return kind;
  }
}
