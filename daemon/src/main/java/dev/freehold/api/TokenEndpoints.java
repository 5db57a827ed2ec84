package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.limits.Reservation;
import dev.freehold.provider.Vocabulary;
import dev.freehold.routing.Router;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * {@code POST /tokenize}, {@code /detokenize} and {@code /apply-template}, in llama-server's form:
 * how a local model reads a text. Nothing is generated, nothing leaves the box, and there is no
 * usage record.
 */
final class TokenEndpoints {

  /** More tokens than any context has. */
  static final int TOKENS_MAX = 4_194_304;

  private final Router router;
  private final HangUpWatch hangUps;
  private final int bodyBytesMax;

  TokenEndpoints(Router router, HangUpWatch hangUps, int bodyBytesMax) {
    this.router = router;
    this.hangUps = hangUps;
    this.bodyBytesMax = bodyBytesMax;
  }

  void tokenize(Exchange exchange)
      throws ApiException, InferenceException, IOException, InterruptedException {
    Fields fields = Fields.of(body(exchange));
    Text text = text(fields);
    answer(
        exchange,
        fields,
        (vocabulary, json) -> {
          int[] tokens = vocabulary.tokens(text.content(), text.addSpecial(), text.parseSpecial());
          json.writeArrayFieldStart("tokens");
          for (int token : tokens) {
            if (text.withPieces()) {
              piece(json, token, vocabulary.piece(token));
            } else {
              json.writeNumber(token);
            }
          }
          json.writeEndArray();
          json.writeNumberField("count", tokens.length);
        });
  }

  void detokenize(Exchange exchange)
      throws ApiException, InferenceException, IOException, InterruptedException {
    Fields fields = Fields.of(body(exchange));
    int[] tokens = tokens(fields);
    answer(
        exchange,
        fields,
        (vocabulary, json) ->
            json.writeStringField("content", AnswerJson.wellFormed(vocabulary.text(tokens))));
  }

  /** Takes the body of a chat and shows the text that the model would be given for it. */
  void applyTemplate(Exchange exchange)
      throws ApiException, InferenceException, IOException, InterruptedException {
    ObjectNode body = body(exchange);
    Fields fields = Fields.of(body);
    ApiRequest asked = conversation(exchange.id(), body);
    answer(
        exchange,
        fields,
        (vocabulary, json) ->
            json.writeStringField(
                "prompt", AnswerJson.wellFormed(vocabulary.prompt(asked.request()))));
  }

  private ObjectNode body(Exchange exchange)
      throws ApiException, IOException, InterruptedException {
    InferenceEndpoint.requireJson(exchange.request());
    return Json.object(exchange.body().read(bodyBytesMax));
  }

  private Vocabulary vocabulary(Exchange exchange, Fields fields)
      throws ApiException, InferenceException, InterruptedException {
    Optional<String> model = model(fields);
    Vocabulary vocabulary = router.vocabulary(exchange.caller().orElseThrow(), model);
    router
        .table()
        .model(model.orElseGet(router.table()::firstModel))
        .ifPresent(known -> exchange.model(known.name()));
    return vocabulary;
  }

  /** A text, and how it is to be read. */
  record Text(String content, boolean addSpecial, boolean parseSpecial, boolean withPieces) {

    /** The content is the client's. */
    @Override
    public String toString() {
      return "Text[length=" + content.length() + "]";
    }
  }

  static Text text(Fields fields) throws ApiException {
    return new Text(
        fields.requiredText("content"),
        fields.flag("add_special", false),
        fields.flag("parse_special", true),
        fields.flag("with_pieces", false));
  }

  /** A chat's body may leave its model out here. */
  static ApiRequest conversation(String id, ObjectNode body) throws ApiException {
    return ChatRequests.read(id, body.has("model") ? body : body.deepCopy().put("model", ""));
  }

  /** Absent for the policy's first. */
  static Optional<String> model(Fields fields) throws ApiException {
    return fields.text("model").filter(name -> !name.isEmpty());
  }

  static int[] tokens(Fields fields) throws ApiException {
    JsonNode array = fields.raw("tokens");
    if (!array.isArray() || array.size() > TOKENS_MAX) {
      throw fields.wrong("tokens", "an array of at most %d tokens".formatted(TOKENS_MAX), array);
    }
    return Fields.integers(
        array, i -> fields.wrong("tokens[%d]".formatted(i), "a token's number", array.get(i)));
  }

  /** A piece that is no text of its own is an array of its bytes, as llama-server writes it. */
  private static void piece(JsonGenerator json, int token, byte[] utf8) throws IOException {
    json.writeStartObject();
    json.writeNumberField("id", token);
    json.writeFieldName("piece");
    try {
      json.writeString(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      json.writeStartArray();
      for (byte b : utf8) {
        json.writeNumber(Byte.toUnsignedInt(b));
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /** The fields of one object, which a model's vocabulary says. */
  private interface Members {
    void write(Vocabulary vocabulary, JsonGenerator json) throws InferenceException, IOException;
  }

  /**
   * Waits for the model only as long as the client waits, and lets it go before the answer is sent:
   * a client that reads slowly must not keep it loaded.
   */
  private void answer(Exchange exchange, Fields fields, Members members)
      throws ApiException, InferenceException, IOException, InterruptedException {
    Thread reader = Thread.currentThread();
    try (Reservation _ = router.countOnly(exchange.caller().orElseThrow(), exchange.arrival());
        HangUpWatch.Watched _ = hangUps.watch(Connections.current(), reader::interrupt)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (Vocabulary vocabulary = vocabulary(exchange, fields);
          JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
        json.writeStartObject();
        members.write(vocabulary, json);
        json.writeEndObject();
      }
      exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
      exchange.response().send(bytes.toByteArray());
    }
  }
}
