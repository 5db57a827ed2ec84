package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.routing.Router;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * {@code GET /v1/models} and {@code GET /v1/models/NAME}: what the policy offers. OpenAI's fields
 * and Anthropic's have different names, so one body serves the SDKs of both.
 */
final class ModelsEndpoint {

  private final Router router;
  private final Instant created = Instant.now();

  ModelsEndpoint(Router router) {
    this.router = router;
  }

  void list(Exchange exchange) throws IOException {
    List<ModelSpec> models = List.copyOf(router.table().models());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (ModelSpec model : models) {
        write(json, model.name());
      }
      json.writeEndArray();
      page(json, models);
      json.writeEndObject();
    }
    send(exchange, bytes);
  }

  /** Anthropic's list is cut into pages; this one is whole. */
  private static void page(JsonGenerator json, List<ModelSpec> models) throws IOException {
    json.writeBooleanField("has_more", false);
    json.writeStringField("first_id", models.isEmpty() ? null : models.getFirst().name());
    json.writeStringField("last_id", models.isEmpty() ? null : models.getLast().name());
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
    json.writeStringField("type", "model");
    json.writeStringField("display_name", name);
    json.writeStringField("created_at", created.truncatedTo(ChronoUnit.SECONDS).toString());
    json.writeEndObject();
  }

  private static void send(Exchange exchange, ByteArrayOutputStream bytes) {
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.response().send(bytes.toByteArray());
  }
}
