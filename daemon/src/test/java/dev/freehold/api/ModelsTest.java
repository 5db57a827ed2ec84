package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.Ability;
import dev.freehold.provider.ModelFacts;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.ModelStatus.Stage;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What clients are told of models, and the names they may use for them. */
class ModelsTest extends ServedTest {

  private static final ModelFacts FACTS =
      new ModelFacts(2048, Set.of(Ability.TOOLS, Ability.CHAT, Ability.COMPLETION), 1 << 20);

  private static JsonNode model(String path) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.get(path);
      assertEquals(200, reply.status(), reply.body());
      return Json.MAPPER.readTree(reply.body());
    }
  }

  @Test
  void modelOfThisBoxTellsContextAbilitiesAndState() throws Exception {
    box.models.status(
        "assistant", new ModelStatus(Stage.LOADED, Optional.of(FACTS), Optional.empty(), 0));

    JsonNode listed = model("/v1/models").at("/data/0");
    assertEquals(listed, model("/v1/models/assistant"));
    assertEquals("assistant", listed.path("id").asText());
    assertEquals("model", listed.path("object").asText());
    assertEquals("loaded", listed.path("state").asText());
    assertEquals(2048, listed.path("context_length").asInt());
    assertEquals("[\"chat\",\"completion\",\"tools\"]", listed.path("abilities").toString());
    assertEquals("[\"gpt-4o\"]", listed.path("aliases").toString());
    assertFalse(listed.has("problem"));
  }

  @Test
  void modelThatCannotBeServedSaysWhy() throws Exception {
    box.models.status(
        "assistant",
        new ModelStatus(Stage.FAILED, Optional.empty(), Optional.of("it needs 5 GiB"), 0));

    JsonNode model = model("/v1/models/assistant");
    assertEquals("failed", model.path("state").asText());
    assertEquals("it needs 5 GiB", model.path("problem").asText());
    assertTrue(model.get("context_length").isNull());
    assertTrue(model.get("abilities").isNull());
  }

  @Test
  void clientInNoGroupOfThePolicyIsToldOfNoModel() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      for (String path : List.of("/v1/models", "/v1/models/assistant", "/v1/models/other")) {
        Reply reply = client.get(path);
        assertEquals(403, reply.status(), reply.body());
        assertFalse(reply.body().contains("assistant"), reply.body());
      }
    }
  }

  @Test
  void modelIsFoundByItsAliasUnderItsOwnName() throws Exception {
    assertEquals("assistant", model("/v1/models/gpt-4o").path("id").asText());
  }

  @Test
  void answerRepeatsTheAliasAndRecordsHoldTheName() throws Exception {
    try (TestClient client = box.client()) {
      for (String stream : List.of("", ",\"stream\":true")) {
        Reply reply =
            client.post(
                "/v1/chat/completions",
                "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]"
                    + stream
                    + "}");
        assertEquals(200, reply.status(), reply.body());
        assertTrue(reply.body().contains("\"model\":\"gpt-4o\""), reply.body());
        assertEquals(Optional.of("assistant"), box.record(reply.header("x-request-id")).model());
      }
    }
    assertEquals("assistant", box.local.attempts().getLast().request().model());
  }
}
