package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Whose SDKs a path is made for: how a failure reads there, and which headers name a request. */
enum Dialect {
  OPENAI {
    @Override
    void write(JsonGenerator json, ApiError error, String requestId) throws IOException {
      ApiErrors.write(json, error);
    }
  },
  ANTHROPIC {
    @Override
    List<HeaderName> idHeaders() {
      return ANTHROPIC_ID_HEADERS;
    }

    @Override
    void write(JsonGenerator json, ApiError error, String requestId) throws IOException {
      json.writeStartObject();
      json.writeStringField("type", "error");
      json.writeObjectFieldStart("error");
      json.writeStringField("type", ApiErrors.anthropicType(error));
      json.writeStringField("message", error.message());
      json.writeEndObject();
      json.writeStringField("request_id", requestId);
      json.writeEndObject();
    }
  };

  private static final List<HeaderName> ID_HEADERS = List.of(RequestIds.HEADER);

  /** Anthropic's SDKs look for a name of their own. */
  private static final List<HeaderName> ANTHROPIC_ID_HEADERS =
      List.of(RequestIds.HEADER, HeaderNames.create("request-id"));

  /** The dialect of a path, for what is refused before any path is looked at. */
  static Dialect of(String path) {
    return path.startsWith(MessageJson.PATH) ? ANTHROPIC : OPENAI;
  }

  /** The headers of every answer that hold the request's id. */
  List<HeaderName> idHeaders() {
    return ID_HEADERS;
  }

  /** Writes an error object, as a body or as the data of an event. */
  abstract void write(JsonGenerator json, ApiError error, String requestId) throws IOException;

  byte[] json(ApiError error, String requestId) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      write(json, error, requestId);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
