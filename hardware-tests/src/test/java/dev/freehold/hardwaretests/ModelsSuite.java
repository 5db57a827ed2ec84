package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Several models on one box: two from the start, one on demand, all within one memory budget; one
 * is replaced while eight clients use it; what does not fit is refused with the figures. The
 * scenarios build on each other, in order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ModelsSuite {

  private static final int CLIENTS = 8;
  private static final Duration SETTLE_MAX = Duration.ofMinutes(2);
  private static final int REPLACEMENTS = 4;

  /** What a process may keep from one replacement to the next without that being a leak. */
  private static final long NOISE_BYTES = 96L << 20;

  private Site site;

  @BeforeAll
  void startSite() {
    site = Site.start(Path.of("target/suites/models"));
    site.publish(policy(2048), Map.of());
    site.enrolBox("box-1").start("--memory", "4G");
  }

  @AfterAll
  void stop() {
    site.close();
  }

  private static String policy(int smallContext) {
    return """
    site: suite
    models:
      assistant: {catalogue: qwen2.5-coder-0.5b, context: 2048, slots: 2, aliases: [gpt-4o-mini]}
      small: {catalogue: smollm2-135m, context: %d, slots: 8}
      meaning: {catalogue: all-minilm-l6-v2, context: 512, slots: 1}
      seldom: {catalogue: smollm2-135m, context: 512, slots: 1, load: demand, idle: 3s}
    providers:
      local: {kind: engine}
    locality:
      internal: [local]
      public: [local]
    clients:
      everyone: {label: internal}
    routes:
      - {name: usual, use: [local]}
    """
        .formatted(smallContext);
  }

  private ChatClient client() {
    return site.chat("alice", "everyone");
  }

  private static JsonNode model(ChatClient chat, String name) {
    return chat.get("/models/" + name).body();
  }

  @Test
  @Order(1)
  void boxTellsWhatItsModelsAreAndWhatTheyCanDo() throws IOException {
    try (ChatClient chat = client()) {
      List<String> names =
          StreamSupport.stream(chat.get("/models").body().path("data").spliterator(), false)
              .map(model -> model.path("id").asText())
              .toList();
      assertEquals(List.of("assistant", "small", "meaning", "seldom"), names);

      JsonNode assistant = model(chat, "assistant");
      assertEquals("loaded", assistant.path("state").asText());
      assertEquals(2048, assistant.path("context_length").asInt());
      List<String> abilities =
          StreamSupport.stream(assistant.path("abilities").spliterator(), false)
              .map(JsonNode::asText)
              .toList();
      assertTrue(abilities.containsAll(List.of("chat", "tools", "infill")), abilities.toString());
      JsonNode byAlias = model(chat, "gpt-4o-mini");
      assertEquals("assistant", byAlias.path("id").asText());
      assertEquals("gpt-4o-mini", byAlias.path("aliases").path(0).asText());
      // It was tried in a probe process, so that it is known before it is loaded.
      Await.until(
          "the model on demand to be known",
          SETTLE_MAX,
          () ->
              model(chat, "seldom").path("context_length").asInt() == 512
                  ? Optional.of(true)
                  : Optional.empty());
      assertEquals("available", model(chat, "seldom").path("state").asText());
    }
    String status = site.box().command("status");
    System.out.println(status);
    assertTrue(status.contains("of 4.0 GiB in use by models"), status);
    assertTrue(site.box().metric("freehold_model_memory_bytes") > 500e6, status);
  }

  @Test
  @Order(2)
  void aliasAnswersAsItWasAskedAndIsRecordedAsTheModel() throws IOException {
    try (ChatClient chat = client()) {
      ChatClient.Reply reply = chat.ask("gpt-4o-mini", "What is the capital of France?", 16);

      assertEquals(200, reply.status(), reply.body().toString());
      assertEquals("gpt-4o-mini", reply.body().path("model").asText());
      assertTrue(reply.text().contains("Paris"), reply.text());
    }
    String usage = site.box().command("usage", "--json");
    assertTrue(usage.contains("\"assistant\""), usage);
    assertTrue(!usage.contains("gpt-4o-mini"), usage);
  }

  @Test
  @Order(2)
  void twoChatModelsAndAnEmbeddingModelAnswerAtOnce() throws Exception {
    CountDownLatch speaking = new CountDownLatch(2);
    try (ChatClient chat = client();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ChatClient.Answer>> answers = new ArrayList<>();
      for (String model : List.of("assistant", "small")) {
        AtomicBoolean spoke = new AtomicBoolean();
        answers.add(
            threads.submit(
                () ->
                    chat.stream(
                        model,
                        "Tell a long story.",
                        256,
                        _ -> {
                          if (spoke.compareAndSet(false, true)) {
                            speaking.countDown();
                          }
                        })));
      }
      assertTrue(speaking.await(SETTLE_MAX.toSeconds(), TimeUnit.SECONDS), "both models speak");
      ObjectNode text = new ObjectMapper().createObjectNode();
      text.put("model", "meaning").put("input", "A cat sits on a mat.");
      ChatClient.Reply vector = chat.post("/embeddings", text, Map.of());
      boolean stillSpeaking = answers.stream().noneMatch(Future::isDone);

      assertEquals(200, vector.status(), vector.body().toString());
      assertEquals(384, vector.body().at("/data/0/embedding").size());
      assertTrue(stillSpeaking, "the vector came while both models spoke");
      for (Future<ChatClient.Answer> answer : answers) {
        assertTrue(answer.get().done());
      }
      for (String model : List.of("assistant", "small", "meaning")) {
        assertEquals("loaded", model(chat, model).path("state").asText(), model);
      }
    }
  }

  @Test
  @Order(3)
  void modelOnDemandAnswersItsFirstRequestsAndIsLetGoAgain() throws Exception {
    try (ChatClient chat = client();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ChatClient.Reply>> replies = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        replies.add(threads.submit(() -> chat.ask("seldom", "Say hello.", 4)));
      }
      for (Future<ChatClient.Reply> reply : replies) {
        assertEquals(200, reply.get().status(), reply.get().body().toString());
      }
      assertEquals(1, loads("seldom"));
      Await.until(
          "the unused model to be let go",
          SETTLE_MAX,
          () ->
              model(chat, "seldom").path("state").asText().equals("available")
                  ? Optional.of(true)
                  : Optional.empty());
      assertEquals(200, chat.ask("seldom", "Say hello.", 4).status());
      assertEquals(2, loads("seldom"));
    }
  }

  @Test
  @Order(4)
  void modelIsReplacedUnderEightClientsAndNoRequestFails() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    List<Long> resident = new ArrayList<>();
    try (ChatClient chat = client();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        clients.add(threads.submit(() -> keepAsking(chat, client, enough, answered)));
      }
      for (int i = 1; i <= REPLACEMENTS; i++) {
        int context = i % 2 == 0 ? 2048 : 4096;
        site.publish(policy(context), Map.of());
        awaitContext(chat, context);
        int before = answered.get();
        Await.until(
            "answers of the new model",
            SETTLE_MAX,
            () -> answered.get() > before + 2 * CLIENTS ? Optional.of(true) : Optional.empty());
        if (context == 2048) {
          resident.add(residentBytes());
        }
      }
      enough.set(true);
      for (Future<?> client : clients) {
        client.get();
      }
    }
    System.out.printf(
        "answers while the model was replaced %d times: %d; resident MiB after every second: %s%n",
        REPLACEMENTS, answered.get(), resident.stream().map(bytes -> bytes >> 20).toList());
    assertTrue(resident.getLast() - resident.getFirst() < NOISE_BYTES, resident.toString());
  }

  private static Void keepAsking(
      ChatClient chat, int client, AtomicBoolean enough, AtomicInteger answered) {
    while (!enough.get()) {
      if (client % 2 == 0) {
        ChatClient.Answer answer = chat.stream("small", "Count to ten.", 12, _ -> {});
        assertTrue(answer.done());
        assertNotEquals("", answer.finishReason());
      } else {
        ChatClient.Reply reply = chat.ask("small", "Count to ten.", 12);
        assertEquals(200, reply.status(), reply.body().toString());
      }
      answered.incrementAndGet();
    }
    return null;
  }

  @Test
  @Order(5)
  void modelThatDoesNotFitIsRefusedWithTheFiguresAndTheOtherServes() throws IOException {
    site.box().close();
    site.box().start("--memory", "400M");
    try (ChatClient chat = client()) {
      ChatClient.Reply refused = chat.ask("assistant", "Say hello.", 4);
      ChatClient.Reply served = chat.ask("small", "Say hello.", 4);

      assertEquals(503, refused.status(), refused.body().toString());
      assertTrue(refused.headers().firstValue("Retry-After").isPresent());
      String message = refused.body().path("error").path("message").asText();
      System.out.println(message);
      assertTrue(message.contains("model assistant needs"), message);
      assertTrue(message.contains("the budget is 400 MiB"), message);
      assertEquals(200, served.status(), served.body().toString());
      assertEquals("failed", model(chat, "assistant").path("state").asText());
      assertEquals(message, model(chat, "assistant").path("problem").asText());
    }
    String status = site.box().command("status");
    System.out.println(status);
    assertTrue(status.contains("the budget is 400 MiB"), status);
    assertTrue(Files.readString(site.box().log()).contains("the budget is 400 MiB"));
  }

  private static void awaitContext(ChatClient chat, int context) {
    Await.until(
        "a context of " + context,
        SETTLE_MAX,
        () ->
            model(chat, "small").path("context_length").asInt() == context
                ? Optional.of(true)
                : Optional.empty());
  }

  private long loads(String model) throws IOException {
    try (var lines = Files.lines(site.box().log())) {
      return lines.filter(line -> line.contains("model " + model + " loaded in")).count();
    }
  }

  private long residentBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(site.box().process().pid()), "status");
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
