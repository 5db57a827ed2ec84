package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.routing.Router;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;

/** {@code GET /v1/models} and {@code GET /v1/models/NAME}: what the policy offers. */
final class ModelsEndpoint {

  private final Router router;
  private final Instant created = Instant.now();

  ModelsEndpoint(Router router) {
    this.router = router;
  }

  void list(Exchange exchange) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (ModelSpec model : router.table().models()) {
        write(json, model.name());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    send(exchange, bytes);
  }

  void one(Exchange exchange) throws IOException, InferenceException {
    String name = exchange.request().path().pathParameters().get("model");
    if (!router.table().hasModel(name)) {
      throw new InferenceException(
          InferenceException.Kind.MODEL_NOT_FOUND,
          "This box offers no such model. GET /v1/models lists what it offers.");
    }
    exchange.model(name);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      write(json, name);
    }
    send(exchange, bytes);
  }

  private void write(JsonGenerator json, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", name);
    json.writeStringField("object", "model");
    json.writeNumberField("created", created.getEpochSecond());
    json.writeStringField("owned_by", "freehold");
    json.writeEndObject();
  }

  private static void send(Exchange exchange, ByteArrayOutputStream bytes) {
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.response().send(bytes.toByteArray());
  }
}
