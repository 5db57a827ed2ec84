package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedSite.class)
final class ConcurrencySuite {

  private static final int CLIENTS = 8;
  private static final Duration SETTLE_MAX = Duration.ofSeconds(30);

  /** The small model's two tokens that end an answer; forbidden, it writes until its limit. */
  private static final List<String> END_TOKENS = List.of("0", "2");

  private final Site site;
  private final ClientIdentity alice;

  ConcurrencySuite(Site site) {
    this.site = site;
    this.alice = site.client("alice", "everyone");
  }

  /** Each client's answer is fixed by a schema of its own, so that a mix-up would show. */
  @Test
  void eightClientsAtOnceEachGetTheirOwnFullAnswer() throws Exception {
    List<Callable<ChatClient.Answer>> clients =
        IntStream.range(0, CLIENTS)
            .<Callable<ChatClient.Answer>>mapToObj(i -> () -> askForOwn(i))
            .toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ChatClient.Answer>> answers = threads.invokeAll(clients);
      for (int i = 0; i < CLIENTS; i++) {
        ChatClient.Answer answer = answers.get(i).get();
        assertEquals(own(i), answer.text().replaceAll("\\s", ""));
        assertEquals("stop", answer.finishReason());
        assertTrue(answer.done());
      }
    }
    SharedSite.awaitBusySlots(site, 0);
  }

  @Test
  void eightClientsAtOnceAllWriteToTheirLimit() throws Exception {
    int tokens = 48;
    List<Callable<ChatClient.Answer>> clients =
        IntStream.range(0, CLIENTS)
            .<Callable<ChatClient.Answer>>mapToObj(i -> () -> write(i, tokens))
            .toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<ChatClient.Answer> answer : threads.invokeAll(clients)) {
        assertEquals("length", answer.get().finishReason());
        assertEquals(tokens, answer.get().usage().path("completion_tokens").asInt());
        assertTrue(answer.get().done());
      }
    }
    SharedSite.awaitBusySlots(site, 0);
  }

  @Test
  void clientsKilledMidStreamFreeTheirSlots(@TempDir Path temporary) throws Exception {
    assertEquals(CLIENTS, site.box().metric("freehold_slots_total"));
    List<Process> clients = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(startCurl(temporary.resolve("stream-" + i)));
      }
      SharedSite.awaitBusySlots(site, CLIENTS);
      for (int i = 0; i < CLIENTS; i++) {
        awaitText(temporary.resolve("stream-" + i));
      }

      clients.subList(0, CLIENTS / 2).forEach(Process::destroyForcibly);
      SharedSite.awaitBusySlots(site, CLIENTS / 2);
      assertTrue(clients.subList(CLIENTS / 2, CLIENTS).stream().allMatch(Process::isAlive));

      clients.subList(CLIENTS / 2, CLIENTS).forEach(Process::destroyForcibly);
      SharedSite.awaitBusySlots(site, 0);
    } finally {
      clients.forEach(Process::destroyForcibly);
    }
  }

  private ChatClient.Answer askForOwn(int client) {
    ObjectNode request = ChatClient.request("small", "Who are you? Answer as JSON.");
    request.put("max_tokens", 200);
    ObjectNode format = request.putObject("response_format").put("type", "json_schema");
    ObjectNode schema = format.putObject("json_schema").put("name", "own").putObject("schema");
    schema.put("type", "object").put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    properties.putObject("name").put("const", "client-" + client);
    properties.putObject("words").put("const", "w" + client + "-".repeat(40) + client);
    schema.putArray("required").add("name").add("words");
    try (ChatClient chat = new ChatClient(site.box().url(), alice)) {
      return chat.stream("/chat/completions", request, Map.of(), _ -> {});
    }
  }

  private static String own(int client) {
    return "{\"name\":\"client-%d\",\"words\":\"w%d%s%d\"}"
        .formatted(client, client, "-".repeat(40), client);
  }

  private ChatClient.Answer write(int client, int tokens) {
    try (ChatClient chat = new ChatClient(site.box().url(), alice)) {
      return chat.stream("/chat/completions", endless(client, tokens), Map.of(), _ -> {});
    }
  }

  private static ObjectNode endless(int client, int tokens) {
    ObjectNode request = ChatClient.request("small", "Write a story about the number " + client);
    request.put("max_tokens", tokens);
    ObjectNode bias = request.putObject("logit_bias");
    END_TOKENS.forEach(token -> bias.put(token, -100));
    return request;
  }

  /** A client of its own process, so that killing it is what a crashed client is. */
  private Process startCurl(Path output) throws IOException {
    return new ProcessBuilder(
            "curl",
            "--silent",
            "--no-buffer",
            "--cacert",
            alice.authority().toString(),
            "--cert",
            alice.certificate().toString(),
            "--key",
            alice.key().toString(),
            "--header",
            "Content-Type: application/json",
            "--data",
            endless(0, 900).put("stream", true).toString(),
            site.box().url() + "/chat/completions")
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private static void awaitText(Path stream) {
    Await.until(
        "text in " + stream,
        SETTLE_MAX,
        () ->
            Files.readString(stream).contains("\"content\"")
                ? Optional.of(true)
                : Optional.empty());
  }
}
