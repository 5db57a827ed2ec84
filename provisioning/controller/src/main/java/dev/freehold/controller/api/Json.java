package dev.freehold.controller.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;

/** Bodies of requests and answers. What is read is bounded before it is parsed. */
final class Json {

  private static final int DEPTH_MAX = 8;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              // What cannot be parsed may hold a credential and must not reach a message.
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .build());

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode read(ServerRequest request, int bytesMax) {
    try {
      JsonNode body = MAPPER.readTree(bytes(request, bytesMax));
      if (body != null && body.isObject()) {
        return body;
      }
    } catch (IOException e) {
      // Said below.
    }
    throw new ApiException(Status.BAD_REQUEST_400, "Expected a JSON object as the body.");
  }

  static byte[] bytes(ServerRequest request, int bytesMax) {
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    try (InputStream in = request.content().inputStream()) {
      byte[] bytes = in.readNBytes(bytesMax + 1);
      if (bytes.length > bytesMax) {
        throw new ApiException(
            Status.REQUEST_ENTITY_TOO_LARGE_413,
            "Expected a body of at most " + bytesMax + " bytes.");
      }
      return bytes;
    } catch (IOException e) {
      throw new ApiException(Status.BAD_REQUEST_400, "The body broke off.");
    }
  }

  static String text(JsonNode body, String field) {
    JsonNode value = body.path(field);
    if (!value.isTextual()) {
      throw new ApiException(Status.BAD_REQUEST_400, "Expected text as \"" + field + "\".");
    }
    return value.textValue();
  }

  static long number(JsonNode body, String field) {
    JsonNode value = body.path(field);
    if (!value.canConvertToLong() || !value.isIntegralNumber()) {
      throw new ApiException(
          Status.BAD_REQUEST_400, "Expected a whole number as \"" + field + "\".");
    }
    return value.longValue();
  }

  static void send(ServerResponse response, Status status, ObjectNode body) {
    try {
      response.status(status);
      response.header(HeaderNames.CONTENT_TYPE, "application/json");
      response.send(MAPPER.writeValueAsBytes(body));
    } catch (IOException e) {
      throw new IllegalStateException("An answer cannot be written.");
    }
  }
}
