package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Permit;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a short-lived credential is had for a lasting one. Nothing of either side's words gets into
 * a failure: they may hold the secret.
 */
public final class TokenEndpoint {

  private static final int ANSWER_BYTES_MAX = 64 * 1024;

  private final ProviderSpec spec;
  private final Transport transport;
  private final InstantSource clock;

  /**
   * @param transport to the endpoint's own host, for permits of the provider
   */
  public TokenEndpoint(ProviderSpec spec, Transport transport, InstantSource clock) {
    this.spec = spec;
    this.transport = transport;
    this.clock = clock;
  }

  /** A form on its way to an endpoint. */
  public static Outgoing form(URI uri, String accept, Map<String, String> fields) {
    String body =
        fields.entrySet().stream()
            .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
            .collect(Collectors.joining("&"));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    headers.put("Accept", accept);
    return new Outgoing(uri, headers, body.getBytes(StandardCharsets.UTF_8));
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** The answer to a request that the endpoint accepted. */
  public byte[] ask(Permit permit, Outgoing request)
      throws InferenceException, InterruptedException {
    try (Reply reply = transport.send(permit, request)) {
      if (reply.status() != 200) {
        throw refusal(reply);
      }
      byte[] answer = reply.body().readNBytes(ANSWER_BYTES_MAX + 1);
      if (answer.length > ANSWER_BYTES_MAX) {
        throw nonsense();
      }
      return answer;
    } catch (IOException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      // The cause stays out of sight: its text may hold what was sent.
      throw failed("could not be reached or broke off");
    }
  }

  /** For an answer that is none. */
  public InferenceException nonsense() {
    return failed("answered something other than a credential");
  }

  /** Lets idle connections go. */
  public void close() {
    transport.close();
  }

  private InferenceException refusal(Reply reply) {
    int status = reply.status();
    return switch (status) {
      case 400, 401, 402, 403 ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              ("The token endpoint of provider '%s' refused with status %d. The operator should"
                      + " check the provider's credential and what stands beside it.")
                  .formatted(spec.name(), status));
      case 429 ->
          new InferenceException(
              Kind.PROVIDER_LIMITED,
              "The token endpoint of provider '%s' refused with status 429: its limit is reached."
                  .formatted(spec.name()),
              Refusals.retryAfter(reply, clock),
              null);
      default -> failed("failed with status " + status);
    };
  }

  private InferenceException failed(String what) {
    return new InferenceException(
        Kind.PROVIDER_FAILED,
        "The token endpoint of provider '%s' %s.".formatted(spec.name(), what),
        Optional.empty(),
        null);
  }
}
