package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.cli.RouteCommand;
import dev.freehold.api.cli.StatusCommand;
import dev.freehold.api.cli.UsageCommand;
import dev.freehold.inference.InferenceException;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The control socket, its client and the commands over them. */
class ControlServerTest {

  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

  @TempDir Path folder;
  private TestBox box;
  private ControlServer control;
  private Path socket;

  @BeforeEach
  void start() throws IOException {
    box = new TestBox(folder.resolve("store"));
    socket = folder.resolve("freehold.sock");
    control =
        ControlServer.start(
            socket, box.router, box.ledger, box.quarantine, () -> Map.of("bundle", "version 3"));
  }

  @AfterEach
  void stop() {
    control.close();
    box.close();
  }

  @Test
  void socketIsTheOwnersAlone() throws IOException {
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
  }

  @Test
  void statusIsWhatTheDaemonSays() throws IOException {
    try (ControlClient client = new ControlClient(socket)) {
      assertEquals("version 3", client.status().path("bundle").asText());
      String out = run(new StatusCommand(), 0, "--state", folder.toString());
      assertEquals("bundle       version 3", out.strip());
    }
  }

  @Test
  void usageShowsWhatClientsDid() throws Exception {
    try (TestClient lan = box.client();
        ControlClient client = new ControlClient(socket)) {
      lan.post("/v1/chat/completions", QUESTION, "x-request-id: seen-1");
      box.record("seen-1");
      JsonNode record = client.usage(Instant.EPOCH, 10).at("/records/0");
      assertEquals("seen-1", record.path("requestId").asText());
      assertEquals("alice", record.path("client").asText());
      assertEquals("local", record.path("provider").asText());
      assertEquals("completed", record.path("outcome").asText());
      assertEquals(0, client.usage(Instant.now().plusSeconds(60), 10).path("records").size());
      String out = run(new UsageCommand(), 0, "--state", folder.toString());
      assertTrue(out.contains("seen-1") && out.contains("completed"), out);
      String json = run(new UsageCommand(), 0, "--state", folder.toString(), "--json");
      assertTrue(json.contains("\"requestId\" : \"seen-1\""), json);
      run(new UsageCommand(), 0, "--state", folder.toString(), "--since", "2h", "--limit", "5");
      run(new UsageCommand(), 2, "--state", folder.toString(), "--since", "yesterday");
      assertThrows(IOException.class, () -> client.usage(Instant.EPOCH, 0));
    }
  }

  private static UsageRecord charged(String id, List<String> groups, String provider, long micros) {
    return new UsageRecord(
        id,
        "repeated",
        Instant.parse("2026-03-01T12:00:00Z"),
        "alice",
        groups,
        Optional.of("internal"),
        Optional.of("assistant"),
        Optional.empty(),
        Optional.of(provider),
        Optional.of("sovereign"),
        1_000,
        0,
        200,
        OptionalLong.empty(),
        5,
        200,
        Outcome.COMPLETED,
        Optional.empty(),
        new UsageRecord.Charged(micros, micros, Optional.of("CHF"), 1, 9_000, 800));
  }

  @Test
  void usageIsSummedByWhatIsAskedFor() throws Exception {
    box.ledger.record(charged("e-1", List.of("legal", "website"), "helvet", 1_234_500));
    box.ledger.record(charged("e-2", List.of("website"), "claude", 500));
    String state = folder.toString();
    String out =
        run(
            new UsageCommand(),
            0,
            "--state",
            state,
            "--by",
            "group,provider",
            "--since",
            "2026-03-01");
    List<String> lines = out.lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
    assertEquals(
        List.of(
            "GROUP PROVIDER REQUESTS UNANSWERED IN CACHED OUT COST",
            "legal helvet 1 0 1000 0 200 1.2345 CHF",
            "website claude 1 0 1000 0 200 0.0005 CHF",
            "website helvet 1 0 1000 0 200 1.2345 CHF",
            "total 2 0 2000 0 400 1.235 CHF",
            "A request of a client in several groups counts in each of them; the total counts it"
                + " once."),
        lines);
    String json = run(new UsageCommand(), 0, "--state", state, "--by", "day", "--json");
    assertTrue(json.contains("\"day\" : \"2026-03-01\""), json);
    assertTrue(json.contains("\"CHF\" : \"1.235000\""), json);
    String none =
        run(new UsageCommand(), 0, "--state", state, "--by", "client", "--until", "2026-02-28");
    assertTrue(none.lines().toList().getLast().matches("total +0 .*-"), none);
    String listed = run(new UsageCommand(), 0, "--state", state);
    assertTrue(listed.contains("1.2345 CHF"), listed);
  }

  @Test
  void usageCommandSaysWhatItDoesNotUnderstandAndItsHelpTeaches() {
    String state = folder.toString();
    String unknown = run(new UsageCommand(), 2, "--state", state, "--by", "team");
    assertTrue(unknown.contains("group, client, provider") && unknown.contains("'team'"), unknown);
    String twice = run(new UsageCommand(), 2, "--state", state, "--by", "day,day");
    assertTrue(twice.contains("twice"), twice);
    String both = run(new UsageCommand(), 2, "--state", state, "--by", "day", "--limit", "5");
    assertTrue(both.contains("--limit"), both);
    run(new UsageCommand(), 2, "--state", state, "--until", "2026-02-30");
    String help = run(new UsageCommand(), 0, "--help");
    for (String word : ControlClient.usageDimensions()) {
      assertTrue(help.contains(word), help);
    }
    assertTrue(help.contains("--by group,provider --since 2026-11-01"), help);
    try (ControlClient client = new ControlClient(socket)) {
      IOException e =
          assertThrows(
              IOException.class,
              () -> client.usageReport(List.of("team"), Instant.EPOCH, ControlClient.EVER));
      assertTrue(e.getMessage().contains("'by' must name some of"), e.getMessage());
    }
  }

  @Test
  void explainSaysWhereARequestWouldGoAndSendsItNowhere() throws Exception {
    try (ControlClient client = new ControlClient(socket)) {
      JsonNode answer =
          client.explain(
              "bob",
              List.of("website"),
              Optional.of("confidential"),
              "/v1/chat/completions",
              QUESTION.getBytes(StandardCharsets.UTF_8));
      assertEquals("confidential", answer.path("label").asText());
      assertEquals("[\"header\"]", answer.path("raisedBy").toString());
      assertEquals("usual", answer.path("route").asText());
      assertEquals(3, answer.path("promptTokens").asInt());
      assertTrue(answer.path("promptTokensExact").asBoolean());
      assertEquals("local", answer.at("/candidates/0/provider").asText());
      assertEquals(1, answer.path("candidates").size());
      assertEquals("remote", answer.at("/rejected/0/provider").asText());
      assertTrue(answer.at("/rejected/0/reason").asText().contains("does not allow 'cloud'"));
    }
    assertTrue(box.local.attempts().isEmpty());
    assertEquals(0, box.models.openPrompts());
  }

  @Test
  void explainReadsTheBodyOfEverySurface() throws Exception {
    try (ControlClient client = new ControlClient(socket)) {
      String chat = "\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
      Map<String, String> bodies =
          Map.of(
              "/v1/chat/completions", chat,
              "/v1/messages", chat,
              "/v1/completions", "\"prompt\":\"a b\"",
              "/infill", "\"input_prefix\":\"a\",\"input_suffix\":\"b\"",
              "/v1/responses", "\"input\":\"a b\"",
              "/v1/embeddings", "\"input\":\"a b\"",
              "/v1/rerank", "\"query\":\"a\",\"documents\":[\"b\"]");
      assertEquals(Set.copyOf(ControlClient.explainedPaths()), bodies.keySet());
      for (Map.Entry<String, String> body : bodies.entrySet()) {
        JsonNode answer =
            explain(client, body.getKey(), "{\"model\":\"assistant\"," + body.getValue() + "}");
        assertEquals("usual", answer.path("route").asText(), body.getKey());
      }
    }
  }

  @Test
  void explainAsksTheFirstModelWhereTheBodyNamesNone() throws Exception {
    try (ControlClient client = new ControlClient(socket)) {
      JsonNode answer =
          explain(client, "/infill", "{\"input_prefix\":\"a\",\"input_suffix\":\"b\"}");
      assertEquals("assistant", answer.path("model").asText());
    }
  }

  private static JsonNode explain(ControlClient client, String path, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return client.explain("bob", List.of("website"), Optional.empty(), path, bytes);
  }

  @Test
  void explainKnowsTheToolsOfAnAnthropicBody() throws Exception {
    String body =
        "{\"model\":\"assistant\",\"max_tokens\":5,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
            + "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}";
    try (ControlClient client = new ControlClient(socket)) {
      JsonNode answer = explain(client, "/v1/messages", body);
      assertEquals("tools", answer.path("route").asText());
    }
  }

  @Test
  void explainCommandPrintsItForPeople() throws Exception {
    Path file = folder.resolve("request.json");
    Files.writeString(file, QUESTION);
    box.models.fails(InferenceException.Kind.UNAVAILABLE);
    String out =
        run(
            new RouteCommand(),
            0,
            "explain",
            "--state",
            folder.toString(),
            "--group",
            "legal",
            file.toString());
    assertTrue(out.contains("label       confidential"), out);
    assertTrue(out.contains("raised by   group legal"), out);
    assertTrue(out.contains("route       usual"), out);
    assertTrue(out.contains("1. local (local)"), out);
    assertTrue(out.contains("remote: locality of 'confidential' does not allow 'cloud'"), out);
    assertTrue(out.contains("an estimate"), out);
  }

  @Test
  void explainOfWhatWouldBeRefusedSaysSo() throws Exception {
    Path file = folder.resolve("request.json");
    Files.writeString(file, QUESTION.replace("assistant", "gpt"));
    String unknown =
        run(
            new RouteCommand(),
            1,
            "explain",
            "--state",
            folder.toString(),
            "--group",
            "legal",
            file.toString());
    assertTrue(unknown.contains("no model"), unknown);
    String noGroup =
        run(new RouteCommand(), 1, "explain", "--state", folder.toString(), file.toString());
    assertTrue(noGroup.contains("no group"), noGroup);
    Files.writeString(file, "not json");
    run(new RouteCommand(), 1, "explain", "--state", folder.toString(), file.toString());
    run(new RouteCommand(), 1, "explain", "--state", folder.toString(), "/no/such/file");
  }

  @Test
  void pathThatCannotBeExplainedIsRefusedWithThoseThatCan() throws Exception {
    Path file = folder.resolve("request.json");
    Files.writeString(file, QUESTION);
    String state = folder.toString();
    String refused =
        run(
            new RouteCommand(),
            1,
            "explain",
            "--state",
            state,
            "--path",
            "/v1/models",
            file.toString());
    String help = run(new RouteCommand(), 0, "explain", "--help");
    for (String path : ControlClient.explainedPaths()) {
      assertTrue(refused.contains(path), refused);
      assertTrue(help.replaceAll("\\s", "").contains(path), help);
    }
  }

  @Test
  void commandWithoutADaemonSaysSo() {
    control.close();
    assertFalse(Files.exists(socket));
    String out = run(new UsageCommand(), 1, "--state", folder.toString());
    assertTrue(out.contains("there is no daemon"), out);
  }

  @Test
  void socketThatAKilledDaemonLeftIsReplaced() throws IOException {
    control.close();
    Files.createFile(socket);
    control = ControlServer.start(socket, box.router, box.ledger, box.quarantine, Map::of);
    try (ControlClient client = new ControlClient(socket)) {
      assertEquals(0, client.usage(Instant.EPOCH, 10).path("records").size());
    }
  }

  @Test
  void pathThatTheKernelCannotHoldIsRefusedInWords() {
    Path deep = folder.resolve("x".repeat(120)).resolve("freehold.sock");
    IOException e =
        assertThrows(
            IOException.class,
            () -> ControlServer.start(deep, box.router, box.ledger, box.quarantine, Map::of));
    assertTrue(e.getMessage().contains("choose a shorter"), e.getMessage());
  }

  private static String run(Object command, int expected, String... arguments) {
    StringWriter out = new StringWriter();
    PrintWriter writer = new PrintWriter(out);
    int code = new CommandLine(command).setOut(writer).setErr(writer).execute(arguments);
    writer.flush();
    assertEquals(expected, code, out.toString());
    return out.toString();
  }
}
