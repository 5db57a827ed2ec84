package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.tiny.TinyImages;
import dev.freehold.provider.FakeProvider;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images in the requests of every surface. */
class ImagesTest extends ServedTest {

  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String MESSAGES = "/v1/messages";
  private static final byte[] PNG = TinyImages.png(24, 16, 1);
  private static final byte[] JPEG = TinyImages.jpeg(24, 16, 2);

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String chat(String parts) {
    return "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":["
        + parts
        + "]}]}";
  }

  private static String responses(String parts) {
    return "{\"model\":\"assistant\",\"input\":[{\"role\":\"user\",\"content\":[" + parts + "]}]}";
  }

  private static String messages(String blocks) {
    return "{\"model\":\"assistant\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
        + blocks
        + "]}]}";
  }

  private static String imageUrl(String url) {
    return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\",\"detail\":\"low\"}}";
  }

  private static String inputImage(String url) {
    return "{\"type\":\"input_image\",\"image_url\":\"" + url + "\",\"detail\":\"auto\"}";
  }

  private static String block(String type, byte[] image) {
    return ("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"%s\","
            + "\"data\":\"%s\"}}")
        .formatted(type, base64(image));
  }

  private static Message asked(FakeProvider provider) {
    Prompt.Chat chat = (Prompt.Chat) provider.attempts().getLast().request().prompt();
    return chat.messages().getLast();
  }

  private static void assertTwoImages(Message message, String text, int first, int second) {
    assertEquals(text, message.text());
    assertEquals(2, message.images().size());
    Image png = message.images().getFirst();
    Image jpeg = message.images().getLast();
    assertEquals("image/png", png.mediaType());
    assertArrayEquals(PNG, png.bytes());
    assertEquals(first, png.at());
    assertEquals("image/jpeg", jpeg.mediaType());
    assertArrayEquals(JPEG, jpeg.bytes());
    assertEquals(second, jpeg.at());
  }

  private static void answers(String path, String body) throws Exception {
    try (TestClient client = box.client("CN=bob, OU=legal, O=test")) {
      Reply reply = client.post(path, body);
      assertEquals(200, reply.status(), reply.body());
    }
  }

  @Test
  void imageUrlsOfAChatReachTheModelBetweenTheTexts() throws Exception {
    answers(
        CHAT,
        chat(
            "{\"type\":\"text\",\"text\":\"one\"},"
                + imageUrl("data:image/png;base64," + base64(PNG))
                + ",{\"type\":\"text\",\"text\":\"two\"},"
                + imageUrl("data:image/jpg;base64," + base64(JPEG))));
    assertTwoImages(asked(box.local), "onetwo", 3, 6);
  }

  @Test
  void inputImagesOfAResponseReachTheModelBetweenTheTexts() throws Exception {
    answers(
        RESPONSES,
        responses(
            inputImage("data:image/png;base64," + base64(PNG))
                + ",{\"type\":\"input_text\",\"text\":\"two\"},"
                + inputImage("data:image/jpeg;base64," + base64(JPEG))));
    assertTwoImages(asked(box.local), "two", 0, 3);
  }

  @Test
  void imageBlocksOfAMessageReachTheModelBetweenTheTexts() throws Exception {
    answers(
        MESSAGES,
        messages(
            block("image/png", PNG)
                + ",{\"type\":\"text\",\"text\":\"what?\"},"
                + block("image/jpeg", JPEG)));
    assertTwoImages(asked(box.local), "what?", 0, 5);
  }

  @Test
  void routeSeesThatTheRequestNeedsVision() throws Exception {
    try (TestClient client = box.client()) {
      String image = imageUrl("data:image/png;base64," + base64(PNG));
      Reply seen = client.post(CHAT, chat(image + ",{\"type\":\"text\",\"text\":\"?\"}"));
      assertEquals("remote", seen.header("freehold-provider"));
      Reply text = client.post(CHAT, chat("{\"type\":\"text\",\"text\":\"?\"}"));
      assertEquals("local", text.header("freehold-provider"));
    }
  }

  @Test
  void modelThatCannotSeeIsSaidSoOrAnotherIsAsked() throws Exception {
    String body = chat(imageUrl("data:image/png;base64," + base64(PNG)));
    box.local.fails(InferenceException.Kind.UNSUPPORTED);
    box.remote.fails(InferenceException.Kind.PROVIDER_FAILED);
    try (TestClient confidential = box.client("CN=bob, OU=legal, O=test")) {
      Reply refused = confidential.post(CHAT, body);
      assertEquals(400, refused.status(), refused.body());
      assertTrue(refused.body().contains("\"unsupported\""), refused.body());
    }
    box.remote.answers("far");
    try (TestClient client = box.client()) {
      assertEquals("remote", client.post(CHAT, body).header("freehold-provider"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://example.org/cat.png, fetches nothing",
    "http://127.0.0.1:8080/, fetches nothing",
    "file:///etc/passwd, fetches nothing",
    "data:image/png;base64, fetches nothing",
    "'data:image/png,abc', fetches nothing",
    "'data:text/html;base64,PGI+', must hold an image",
    "'data:image/svg+xml;base64,PGI+', must hold an image",
    "'data:image/png;base64,', in base64",
    "'data:image/png;base64,@@@@', in base64",
    "'', fetches nothing"
  })
  void imageThatIsNotInTheRequestIsRefused(String url, String told) throws Exception {
    try (TestClient client = box.client()) {
      assertTold(
          client.post(CHAT, chat(imageUrl(url))), told, "messages[0].content[0].image_url.url");
      assertTold(
          client.post(RESPONSES, responses(inputImage(url))),
          told,
          "input[0].content[0].image_url");
    }
    assertTrue(box.local.attempts().isEmpty() && box.remote.attempts().isEmpty());
  }

  @Test
  void imagesByFileOrUrlOfOtherSurfacesAreRefused() throws Exception {
    String source = "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/\"}}";
    try (TestClient client = box.client()) {
      assertTold(client.post(MESSAGES, messages(source)), "fetches nothing", "");
      assertTold(
          client.post(RESPONSES, responses("{\"type\":\"input_image\",\"file_id\":\"f\"}")),
          "keeps no files",
          "input[0].content[0].file_id");
    }
  }

  @Test
  void onlyUsersMessagesHaveImages() throws Exception {
    String image = imageUrl("data:image/png;base64," + base64(PNG));
    try (TestClient client = box.client()) {
      for (String role : List.of("system", "assistant")) {
        Reply reply = client.post(CHAT, chat(image).replace("\"user\"", "\"" + role + "\""));
        assertTold(reply, "Only a user's message", "messages[0].content[0].type");
      }
      Reply system =
          client.post(
              MESSAGES,
              messages("{\"type\":\"text\",\"text\":\"x\"}")
                  .replace(
                      "{\"model\"", "{\"system\":[" + block("image/png", PNG) + "],\"model\""));
      assertTold(system, "only a user's message", "");
    }
  }

  @Test
  void moreImagesThanAMessageMayHaveAreRefused() throws Exception {
    String image = imageUrl("data:image/png;base64," + base64(PNG));
    String many = String.join(",", Collections.nCopies(17, image));
    try (TestClient client = box.client()) {
      assertTold(client.post(CHAT, chat(many)), "at most 16", "messages[0].content[16].type");
    }
  }

  private static void assertTold(Reply reply, String told, String param) throws Exception {
    assertEquals(400, reply.status(), reply.body());
    assertTrue(reply.body().contains(told), reply.body());
    assertEquals(
        param,
        Json.MAPPER.readTree(reply.body()).path("error").path("param").asText(""),
        reply.body());
  }
}
