package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The official SDKs, unmodified: what they need of a box is TLS with their certificate. */
@ExtendWith(SharedSite.class)
final class SdkSuite {

  private final Site site;
  private final ClientIdentity alice;

  SdkSuite(Site site) {
    this.site = site;
    this.alice = site.client("alice", "everyone");
  }

  @Test
  void pythonSdkChatsStreamingAndNot() {
    JsonNode seen = PythonSdk.installed().run("sdk_chat.py", site.box().url(), "small", alice);

    assertEquals("[\"small\"]", seen.get("models").toString());
    assertFalse(seen.get("whole").asText().isBlank());
    assertEquals(seen.get("whole"), seen.get("streamed"));
    assertEquals(seen.get("wholeFinish"), seen.get("streamedFinish"));
    assertTrue(seen.get("wholeTokens").asInt() > 0);
    assertEquals(seen.get("wholeTokens"), seen.get("streamedTokens"));
    assertTrue(seen.get("chunks").asInt() > 2, "a stream arrives in pieces");
    assertFalse(seen.get("completion").asText().isBlank());
    assertEquals(seen.get("whole"), seen.get("response"));
    assertEquals(seen.get("response"), seen.get("responseStreamed"));
    assertEquals(seen.get("wholeTokens"), seen.get("responseTokens"));
    assertEquals(seen.get("responseTokens"), seen.get("responseStreamedTokens"));
    assertEquals(404, seen.get("unknownModel").get("status").asInt());
    assertTrue(seen.get("unknownModel").get("message").asText().contains("small"));
  }

  @Test
  void javaSdkChatsStreamingAndNot() {
    OpenAIClient client = javaClient();
    try {
      ChatCompletion whole = client.chat().completions().create(question("small"));
      StringBuilder streamed = new StringBuilder();
      try (StreamResponse<ChatCompletionChunk> chunks =
          client.chat().completions().createStreaming(question("small"))) {
        chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .forEach(choice -> choice.delta().content().ifPresent(streamed::append));
      }

      assertFalse(whole.choices().getFirst().message().content().orElse("").isBlank());
      assertEquals(whole.choices().getFirst().message().content().get(), streamed.toString());
      assertTrue(whole.usage().orElseThrow().completionTokens() > 0);
    } finally {
      client.close();
    }
  }

  @Test
  void javaSdkListsModelsAndReadsErrors() {
    OpenAIClient client = javaClient();
    try {
      List<String> models = client.models().list().data().stream().map(m -> m.id()).toList();
      NotFoundException refusal =
          assertThrows(
              NotFoundException.class,
              () -> client.chat().completions().create(question("no-such-model")));

      assertEquals(List.of("small"), models);
      assertTrue(refusal.getMessage().contains("no-such-model"), refusal.getMessage());
    } finally {
      client.close();
    }
  }

  private OpenAIClient javaClient() {
    return OpenAIOkHttpClient.builder()
        .baseUrl(site.box().url())
        .apiKey("unused")
        .maxRetries(0)
        .sslSocketFactory(alice.sslContext().getSocketFactory())
        .trustManager(alice.trustManager())
        .build();
  }

  private static ChatCompletionCreateParams question(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage("Say hello.")
        .temperature(0)
        .maxCompletionTokens(24)
        .build();
  }
}
