package dev.freehold.controller.enrolment;

import java.time.Instant;
import java.util.Objects;

/** A token as its one receiver gets it. Secret: prints its expiry only. */
public record IssuedToken(String token, Instant expires) {

  public IssuedToken {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(expires, "expires");
  }

  @Override
  public String toString() {
    return "IssuedToken[expires=" + expires + "]";
  }
}
