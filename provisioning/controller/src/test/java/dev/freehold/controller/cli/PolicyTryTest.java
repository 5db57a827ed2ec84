package dev.freehold.controller.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A policy tried against what was kept of requests, as an operator types it. */
final class PolicyTryTest {

  private static final String POLICY =
      """
      site: zurich-office
      currency: CHF
      detect: {iban: restricted}
      models:
        assistant: {catalogue: smollm2-135m, aliases: [gpt-4o]}
      providers:
        local: {kind: engine}
        hub: {kind: peer, name: hub.zurich, context: 4096}
        helvet: {kind: openai, trust: sovereign, url: "https://llm.example/v1", credential: helvet-key,
                 cannot: [images], price: [{in: 1, out: 2}, {from: 2026-07-01, in: 2, out: 4}]}
        claude: {kind: anthropic, trust: cloud, credential: claude-key, price: {in: 3, out: 15}}
      locality:
        confidential: [local, site]
        internal: [local, site, sovereign]
        public: [local, site, sovereign, cloud]
      clients:
        legal: {label: confidential}
        everyone: {label: internal}
        website: {label: public}
      routes:
        - {name: long, when: "request.promptTokens > 6000", use: [claude, helvet, hub, local], order: cheapest}
        - {name: night, when: "time.hour < 6 || time.weekday > 5", use: [local, helvet]}
        - {name: usual, use: [helvet, claude, local], costMax: 0.01}
      """;

  @TempDir Path folder;

  @Test
  void eachRequestShowsWhereItWouldGoAndWhyNotElsewhere() throws Exception {
    Result result =
        tried(
            """
            {"time":"2026-06-30T10:00:00Z","client":"web","groups":["website"],"model":"gpt-4o","promptTokens":1000,"completionTokens":500}
            {"time":"2026-07-01T10:00:00Z","client":"web","groups":["website"],"model":"assistant","promptTokens":1000,"completionTokens":500}
            {"time":"2026-07-01T10:00:00Z","client":"eve","groups":["everyone"],"needs":["images"]}
            {"time":"2026-07-01T10:00:00Z","client":"bob","groups":["everyone"],"promptTokens":7000,"completionTokens":10}
            {"time":"2026-07-01T10:00:00Z","client":"ann","groups":["everyone"],"promptTokens":10,"detected":["iban"]}
            {"time":"2026-07-01T03:00:00Z","client":"web","groups":["website"]}
            {"time":"2026-07-04T10:00:00Z","client":"web","groups":["website"]}
            {"time":"2026-07-01T10:00:00Z","client":"max","groups":["strangers"]}
            {"time":"2026-07-01T10:00:00Z","client":"web","groups":["website"],"model":"gpt-5"}
            {"time":"2026-07-01T10:00:00Z","client":"web","groups":["website"],"promptTokens":4000,"completionTokensMax":100}
            """);

    assertEquals(0, result.code, result.err);
    List<String> lines = result.out.lines().skip(1).toList();
    assertLine(lines.get(0), "public", "usual", "helvet 0.002 CHF, claude 0.0105 CHF, local");
    assertLine(lines.get(1), "public", "usual", "helvet 0.004 CHF, claude 0.0105 CHF, local");
    assertLine(
        lines.get(2),
        "internal",
        "usual",
        "local; not helvet: it cannot do images; claude: locality of 'internal' does not allow"
            + " 'cloud'");
    assertLine(
        lines.get(3),
        "internal",
        "long",
        "local, helvet 0.01404 CHF; not claude: locality of 'internal' does not allow 'cloud'; hub:"
            + " its context has 4096 tokens and the request needs 7000");
    assertLine(lines.get(4), "restricted", "usual", "local; not helvet: locality of 'restricted'");
    assertLine(lines.get(5), "public", "night", "local, helvet 0 CHF");
    assertLine(lines.get(6), "public", "night", "local, helvet 0 CHF");
    assertLine(lines.get(7), "-", "-", "refused: the policy has none of the client's groups");
    assertLine(lines.get(8), "public", "-", "refused: the policy has no such model");
    assertLine(
        lines.get(9),
        "public",
        "usual",
        "helvet 0.0084 CHF, local; not claude: it may cost 0.0135 and the route allows 0.01");
    assertEquals("10 requests, expected cost 0.0144 CHF", lines.get(10));
  }

  @Test
  void usageRecordsOfABoxAreAccepted() throws Exception {
    Result result =
        tried(
            """
            {
              "records" : [ {
                "requestId" : "r-1", "time" : "2026-07-01T10:00:00Z", "client" : "web",
                "groups" : [ "website" ], "label" : "confidential", "model" : "assistant",
                "route" : "usual", "provider" : "local", "trust" : "local", "promptTokens" : 12,
                "cachedTokens" : 0, "completionTokens" : 7, "firstTokenMillis" : null,
                "durationMillis" : 120, "status" : 200, "outcome" : "completed", "error" : null
              }, {
                "time" : "2026-07-01T10:00:00Z", "client" : "x", "groups" : [ ], "label" : null,
                "model" : null, "promptTokens" : 0, "completionTokens" : 0
              } ],
              "lost" : 0
            }
            """);

    assertEquals(0, result.code, result.err);
    List<String> lines = result.out.lines().toList();
    assertLine(lines.get(1), "confidential", "usual", "local; not helvet: locality");
    assertTrue(lines.get(2).contains("refused"), lines.get(2));
  }

  @Test
  void recordedLabelIsTheLeastUnlessLabelsAreWorkedOutAnew() throws Exception {
    String record = "{\"groups\":[\"website\"],\"label\":\"restricted\",\"client\":\"web\"}";

    assertTrue(tried(record).out.contains("restricted"));
    assertTrue(tried(record, "--relabel").out.contains("public"));
    assertTrue(
        tried(record.replace("label", "declaredLabel"), "--relabel").out.contains("restricted"));
  }

  @Test
  void requestsThatGoTheSameWayAreCounted() throws Exception {
    String web =
        "{\"time\":\"2026-07-01T10:00:00Z\",\"client\":\"web\",\"groups\":[\"website\"],"
            + "\"promptTokens\":1000,\"completionTokens\":500}\n";
    String legal =
        "{\"time\":\"2026-07-01T10:00:00Z\",\"client\":\"ann\",\"groups\":[\"legal\"]}\n";

    Result result = tried(web.repeat(3) + legal, "--summary");

    List<String> lines = result.out.lines().toList();
    assertEquals(3, lines.size(), result.out);
    assertTrue(lines.get(0).matches(" +3 +0\\.012 CHF  public +usual +helvet, claude, local"));
    assertTrue(
        lines
            .get(1)
            .matches(
                " +1 +0 CHF  confidential +usual +local; not helvet \\(locality\\), claude"
                    + " \\(locality\\)"),
        result.out);
    assertEquals("4 requests, expected cost 0.012 CHF", lines.get(2));
  }

  @Test
  void onlyWhatChangesFromAnotherPolicyIsShown() throws Exception {
    Path old =
        file("old.yaml", POLICY.replace("confidential: [local, site]", "confidential: [local]"));
    Path older =
        file(
            "older.yaml",
            POLICY
                .replace("internal: [local, site, sovereign]", "internal: [local]")
                .replace("confidential: [local, site]", "confidential: [local]"));
    String requests =
        """
        {"time":"2026-07-01T10:00:00Z","client":"web","groups":["website"]}
        {"time":"2026-07-01T10:00:00Z","client":"eve","groups":["everyone"],"promptTokens":500}
        """;

    Result same = tried(requests, "--against", old.toString());
    Result changes = tried(requests, "--against", older.toString());
    Result sums = tried(requests, "--against", older.toString(), "--summary");

    assertEquals(
        "0 of 2 requests change, expected cost 0.001 CHF instead of 0.001 CHF", same.out.strip());
    List<String> lines = changes.out.lines().toList();
    assertEquals(4, lines.size(), changes.out);
    assertTrue(lines.get(0).contains("eve"), changes.out);
    assertTrue(
        lines.get(1).startsWith("  - internal") && lines.get(1).contains("local; not helvet"));
    assertTrue(
        lines.get(2).startsWith("  + internal")
            && lines.get(2).contains("helvet 0.001 CHF, local"));
    assertEquals("1 of 2 requests change, expected cost 0.001 CHF instead of 0 CHF", lines.get(3));
    assertTrue(sums.out.lines().findFirst().orElse("").contains("- internal"), sums.out);
  }

  @Test
  void wrongRecordIsNamedByItsLine() throws Exception {
    String good = "{\"groups\":[\"website\"]}\n";
    Stream.of(
            List.of("{\"groups\":\"website\"}", ":2: expected groups to be the list"),
            List.of("{\"groups\":[],\"promptTokens\":-1}", ":2: expected promptTokens"),
            List.of("{\"groups\":[],\"time\":\"now\"}", ":2: expected time to be such as"),
            List.of("{\"groups\":[],\"label\":\"secret\"}", ":2: label: Expected a label"),
            List.of("{\"groups\":[],\"needs\":[\"magic\"]}", ":2: expected needs to list each"),
            List.of("{\"groups\":[]", ":2: expected JSON objects, one a line"),
            List.of("17", ":2: expected a recorded request to be a JSON object"))
        .forEach(
            wrong -> {
              Result result = tried(good + wrong.get(0) + "\n");
              assertEquals(1, result.code, result.out);
              assertTrue(result.err.contains("requests.jsonl" + wrong.get(1)), result.err);
            });
  }

  @Test
  void brokenPolicyIsReportedAsByValidate() throws Exception {
    Path bad = file("bad.yaml", POLICY.replace("kind: peer", "kind: pear"));

    Result result = tried("{\"groups\":[\"website\"]}", "--against", bad.toString());

    assertEquals(1, result.code);
    assertTrue(result.err.startsWith(bad + ":8:15: there is no kind \"pear\""), result.err);
    assertFalse(result.out.contains("website"), result.out);
  }

  private static void assertLine(String line, String label, String route, String rest) {
    assertTrue(line.contains("  " + label + " "), line);
    assertTrue(line.contains("  " + route + " "), line);
    assertTrue(line.contains("  " + rest), line);
  }

  private Result tried(String requests, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        FreeholdCtl.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    try {
      Stream<String> arguments =
          Stream.of(
              "policy",
              "try",
              file("policy.yaml", POLICY).toString(),
              "--zone=UTC",
              "--requests=" + file("requests.jsonl", requests));
      int code =
          command.execute(Stream.concat(arguments, Stream.of(options)).toArray(String[]::new));
      return new Result(code, out.toString(), err.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private record Result(int code, String out, String err) {}
}
