package dev.freehold.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.provider.anthropic.AnthropicProtocol;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a client says and this box does not know reaches a provider of the same API. */
class ExtraFieldsTest {

  private static final Protocol OPENAI = new OpenAiProtocol(URI.create("http://h/v1"));
  private static final Protocol ANTHROPIC =
      new AnthropicProtocol(URI.create("http://h"), Optional.empty());

  private static final String CHAT =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"temperature\":0.5,"
          + "\"user\":\"u\",\"verbosity\":\"low\",\"store\":true,\"reasoning_effort\":\"high\","
          + "\"service_tier\":\"priority\",\"n\":1,\"nothing\":null,\"new\":{\"a\":[1,2.5]}}";

  private static InferenceRequest read(Surface surface, String body) throws Exception {
    return surface.read("r-1", (ObjectNode) Json.MAPPER.readTree(body)).request();
  }

  private static JsonNode sent(Protocol protocol, InferenceRequest request) throws Exception {
    return Json.MAPPER.readTree(protocol.encode(request, "theirs").body());
  }

  @Test
  void unknownFieldsOfAChatAreSentWordForWord() throws Exception {
    InferenceRequest request = read(Surface.CHAT, CHAT);
    JsonNode sent = sent(OPENAI, request);
    assertEquals("u", sent.path("user").asText());
    assertEquals("low", sent.path("verbosity").asText());
    assertEquals("high", sent.path("reasoning_effort").asText());
    assertEquals("{\"a\":[1,2.5]}", sent.path("new").toString());
    assertEquals("theirs", sent.path("model").asText());
    assertFalse(sent.has("nothing"));
    JsonNode elsewhere = sent(ANTHROPIC, request);
    assertFalse(elsewhere.has("user") || elsewhere.has("new"));
  }

  @Test
  void whatThePolicyDecidesIsNotTheClientsToSay() throws Exception {
    JsonNode sent = sent(OPENAI, read(Surface.CHAT, CHAT));
    assertFalse(sent.has("store") || sent.has("service_tier") || sent.has("n"));
  }

  @Test
  void noFieldIsWrittenTwice() throws Exception {
    String text = new String(OPENAI.encode(read(Surface.CHAT, CHAT), "theirs").body(), UTF_8);
    ObjectNode once = (ObjectNode) Json.MAPPER.readTree(text);
    assertEquals(once.toString().length(), text.length(), text);
  }

  @Test
  void everyFormHasItsOwn() throws Exception {
    assertEquals(
        new Extras(Extras.Form.OPENAI_COMPLETION, Map.of("x", "1")),
        read(Surface.COMPLETION, "{\"model\":\"m\",\"prompt\":\"p\",\"x\":1}").extras());
    assertEquals(
        new Extras(Extras.Form.OPENAI_EMBEDDINGS, Map.of("user", "\"u\"", "x", "1")),
        read(Surface.EMBEDDINGS, "{\"model\":\"m\",\"input\":\"p\",\"user\":\"u\",\"x\":1}")
            .extras());
    InferenceRequest message =
        read(
            Surface.MESSAGES,
            "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                + "\"thinking\":{\"type\":\"adaptive\"},\"metadata\":{\"user_id\":\"u\"}}");
    assertEquals("adaptive", sent(ANTHROPIC, message).at("/thinking/type").asText());
    assertEquals("u", sent(ANTHROPIC, message).at("/metadata/user_id").asText());
    assertFalse(sent(OPENAI, message).has("metadata"));
  }

  @Test
  void moreThanTheBoundsIsPassedOver() throws Exception {
    StringBuilder many = new StringBuilder(CHAT.substring(0, CHAT.length() - 1));
    for (int i = 0; i < Fields.EXTRAS_MAX; i++) {
      many.append(",\"x").append(i).append("\":1");
    }
    assertEquals(Extras.NONE, read(Surface.CHAT, many.append('}').toString()).extras());
    String longer = CHAT.replace("\"u\"", '"' + "u".repeat(Fields.EXTRA_CHARACTERS_MAX) + '"');
    assertEquals(Extras.NONE, read(Surface.CHAT, longer).extras());
  }
}
