package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The one place that decides how a failure looks over HTTP: status, type, code. An error's text may
 * reach a client and a log, so no message here or given to it repeats what the client sent.
 */
final class ApiErrors {

  /** The status of a request whose client has gone; it is only recorded, nobody receives it. */
  static final int CLIENT_GONE = 499;

  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String SERVER = "server_error";
  private static final Duration RETRY_SOON = Duration.ofSeconds(1);

  private ApiErrors() {}

  static ApiError of(InferenceException e) {
    return switch (e.kind()) {
      case INVALID_REQUEST -> error(400, INVALID_REQUEST, "invalid_request", e);
      case UNSUPPORTED -> error(400, INVALID_REQUEST, "unsupported", e);
      case CONTEXT_TOO_LONG ->
          new ApiError(
              400,
              INVALID_REQUEST,
              Optional.of("context_length_exceeded"),
              // Each surface has its own name for the prompt: 'messages', 'input', 'prompt'.
              Optional.empty(),
              e.getMessage(),
              Optional.empty(),
              "context_length");
      case MODEL_NOT_FOUND ->
          new ApiError(
              404,
              INVALID_REQUEST,
              Optional.of("model_not_found"),
              Optional.of("model"),
              e.getMessage(),
              Optional.empty(),
              "model_not_found");
      case FORBIDDEN -> error(403, "permission_error", "not_allowed", e);
      case OVERLOADED -> retry(429, "rate_limit_error", "overloaded", e);
      case UNAVAILABLE -> retry(503, SERVER, "unavailable", e);
      case PROVIDER_REFUSED -> error(502, SERVER, "provider_refused", e);
      case PROVIDER_LIMITED -> retry(429, "rate_limit_error", "provider_rate_limited", e);
      case PROVIDER_FAILED -> error(502, SERVER, "provider_failed", e);
      case TIMED_OUT -> error(504, SERVER, "timed_out", e);
      case CANCELLED -> error(503, SERVER, "cancelled", e);
      case INTERNAL -> internal();
    };
  }

  /** A defect of ours: its message stays inside. */
  static ApiError internal() {
    return new ApiError(
        500,
        SERVER,
        Optional.of("internal_error"),
        Optional.empty(),
        "This box met a defect while it answered. Give the operator the x-request-id of this"
            + " answer.",
        Optional.empty(),
        "internal_error");
  }

  static ApiError stopping() {
    return new ApiError(
        503,
        SERVER,
        Optional.of("stopping"),
        Optional.empty(),
        "This box is stopping. Try again in a moment.",
        Optional.of(RETRY_SOON),
        "stopping");
  }

  static ApiError certificateInvalid() {
    return new ApiError(
        401,
        "authentication_error",
        Optional.of("certificate_invalid"),
        Optional.empty(),
        "The client certificate of this connection is no longer valid here. Get a new one from the"
            + " operator and connect again.",
        Optional.empty(),
        "certificate_invalid");
  }

  static ApiException wrongParam(String param, String message) {
    return new ApiException(
        new ApiError(
            400,
            INVALID_REQUEST,
            Optional.empty(),
            Optional.of(param),
            message,
            Optional.empty(),
            "invalid_request"));
  }

  static ApiException malformed(String message) {
    return refused(400, "malformed_request", message);
  }

  static ApiException bodyTooLarge(long bytesMax) {
    return refused(
        413,
        "body_too_large",
        "The body is longer than the %d bytes this box reads. Send less.".formatted(bytesMax));
  }

  static ApiException noRoom() {
    return new ApiException(
        new ApiError(
            503,
            SERVER,
            Optional.of("overloaded"),
            Optional.empty(),
            "This box reads as many long bodies as it has memory for. Try again in a moment.",
            Optional.of(RETRY_SOON),
            "overloaded"));
  }

  static ApiException notFound() {
    return refused(
        404,
        "not_found",
        "There is nothing at this path. This box serves /v1/models, /v1/chat/completions,"
            + " /v1/completions, /v1/responses, /v1/messages, /v1/embeddings and /v1/rerank.");
  }

  static ApiException nothingStored() {
    return refused(
        404,
        "not_found",
        "This box is stateless: it keeps no response, so none can be read or deleted."
            + " Keep what POST /v1/responses answers.");
  }

  static ApiException wrongMethod(String allowed) {
    return refused(405, "method_not_allowed", "This path takes %s only.".formatted(allowed));
  }

  static ApiException wrongMediaType() {
    return refused(
        415,
        "unsupported_media_type",
        "The body must be JSON. Send it with the header Content-Type: application/json.");
  }

  /** A request that HTTP itself forbids, which the server refuses before any path is looked at. */
  static ApiError protocol(int status) {
    return new ApiError(
        status,
        status < 500 ? INVALID_REQUEST : SERVER,
        Optional.of("bad_http_request"),
        Optional.empty(),
        "The request is not one that this server reads. Check its method, path, headers and"
            + " length.",
        Optional.empty(),
        "bad_http_request");
  }

  /** Anthropic's class of error, which follows from the status. */
  static String anthropicType(ApiError error) {
    return switch (error.status()) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> error.status() < 500 ? INVALID_REQUEST : "api_error";
    };
  }

  /** Writes OpenAI's error object. */
  static void write(JsonGenerator json, ApiError error) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("error");
    json.writeStringField("message", error.message());
    json.writeStringField("type", error.type());
    json.writeStringField("param", error.param().orElse(null));
    json.writeStringField("code", error.code().orElse(null));
    json.writeEndObject();
    json.writeEndObject();
  }

  private static ApiException refused(int status, String code, String message) {
    return new ApiException(
        new ApiError(
            status,
            INVALID_REQUEST,
            Optional.of(code),
            Optional.empty(),
            message,
            Optional.empty(),
            code));
  }

  private static ApiError error(int status, String type, String code, InferenceException e) {
    return new ApiError(
        status, type, Optional.of(code), Optional.empty(), e.getMessage(), e.retryAfter(), code);
  }

  private static ApiError retry(int status, String type, String code, InferenceException e) {
    return new ApiError(
        status,
        type,
        Optional.of(code),
        Optional.empty(),
        e.getMessage(),
        Optional.of(e.retryAfter().orElse(RETRY_SOON)),
        code);
  }
}
