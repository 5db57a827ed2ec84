package dev.freehold.controller.api;

import io.helidon.http.Status;
import java.util.Objects;

/** A request that is answered with an error. The message is for its sender. */
final class ApiException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Status status;

  ApiException(Status status, String message) {
    super(message);
    this.status = Objects.requireNonNull(status, "status");
  }

  Status status() {
    return status;
  }
}
