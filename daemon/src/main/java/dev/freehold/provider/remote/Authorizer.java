package dev.freehold.provider.remote;

import dev.freehold.inference.InferenceException;
import dev.freehold.locality.Permit;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/** Puts a credential on a request. It is asked at every request: a rotated key needs no restart. */
@FunctionalInterface
public interface Authorizer {

  /**
   * Adds what the provider wants to see.
   *
   * @param permit of the request, for an authorizer that has to fetch a short-lived credential
   * @throws InferenceException {@code PROVIDER_REFUSED} if there is no credential
   */
  Outgoing authorize(Permit permit, Outgoing request)
      throws IOException, InferenceException, InterruptedException;

  /** Told that the provider refused a request with status 401 or 403. */
  default void refused(int status) {}

  /** Lets go of what was opened to fetch credentials. */
  default void close() {}

  /** {@code Authorization: Bearer}, where there is a credential (RFC 6750, section 2.1). */
  static Authorizer bearer(Supplier<Optional<String>> credential) {
    return (permit, request) ->
        credential.get().map(key -> request.with("Authorization", "Bearer " + key)).orElse(request);
  }

  /** A header of the provider's own. */
  static Authorizer header(String name, Supplier<Optional<String>> credential) {
    return (permit, request) ->
        credential.get().map(key -> request.with(name, key)).orElse(request);
  }
}
