package dev.freehold.api;

import java.util.Objects;

/** A request that is refused by the API itself, before routing. */
final class ApiException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient ApiError error;

  ApiException(ApiError error) {
    super(error.message());
    this.error = Objects.requireNonNull(error, "error");
  }

  ApiError error() {
    return error;
  }
}
