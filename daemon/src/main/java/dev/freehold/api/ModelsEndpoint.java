package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.provider.ModelFacts;
import dev.freehold.provider.ModelStatus;
import dev.freehold.routing.Router;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * {@code GET /v1/models} and {@code GET /v1/models/NAME}: what the policy offers and how it is
 * doing. What is not known yet of a model (nobody has tried it on this box) is null. OpenAI's
 * fields and Anthropic's have different names, so one body serves the SDKs of both.
 */
final class ModelsEndpoint {

  /** The state of a model that this box does not run itself. */
  private static final String REMOTE = "remote";

  private final Router router;
  private final Instant created = Instant.now();

  ModelsEndpoint(Router router) {
    this.router = router;
  }

  void list(Exchange exchange) throws IOException, InferenceException {
    List<ModelSpec> models = router.models(exchange.caller().orElseThrow());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (ModelSpec model : models) {
        write(json, model);
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
    ModelSpec model =
        router.model(
            exchange.caller().orElseThrow(),
            exchange.request().path().pathParameters().get("model"));
    exchange.model(model.name());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      write(json, model);
    }
    send(exchange, bytes);
  }

  private void write(JsonGenerator json, ModelSpec model) throws IOException {
    Optional<ModelStatus> status = router.status(model);
    Optional<ModelFacts> facts = status.flatMap(ModelStatus::facts);
    json.writeStartObject();
    json.writeStringField("id", model.name());
    json.writeStringField("object", "model");
    json.writeNumberField("created", created.getEpochSecond());
    json.writeStringField("owned_by", "freehold");
    json.writeStringField("type", "model");
    json.writeStringField("display_name", model.name());
    json.writeStringField("created_at", created.truncatedTo(ChronoUnit.SECONDS).toString());
    json.writeStringField("state", status.map(s -> s.stage().text()).orElse(REMOTE));
    json.writeFieldName("context_length");
    if (facts.isPresent()) {
      json.writeNumber(facts.get().requestTokensMax());
    } else {
      json.writeNull();
    }
    json.writeFieldName("abilities");
    if (facts.isPresent()) {
      words(json, facts.get().abilities().stream().sorted().map(Ability::text).toList());
    } else {
      json.writeNull();
    }
    json.writeFieldName("aliases");
    words(json, model.aliases());
    if (status.flatMap(ModelStatus::problem).isPresent()) {
      json.writeStringField("problem", status.flatMap(ModelStatus::problem).get());
    }
    json.writeEndObject();
  }

  private static void words(JsonGenerator json, List<String> words) throws IOException {
    json.writeStartArray();
    for (String word : words) {
      json.writeString(word);
    }
    json.writeEndArray();
  }

  private static void send(Exchange exchange, ByteArrayOutputStream bytes) {
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.response().send(bytes.toByteArray());
  }
}
