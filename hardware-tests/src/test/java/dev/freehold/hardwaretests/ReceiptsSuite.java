package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What a security officer can prove of a box that prefers a cloud for everything: public requests
 * went there, and no byte of the confidential ones, whatever made them confidential. The box is
 * stopped by then: receipts need no daemon.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReceiptsSuite {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "sk-receipts-91c4";
  private static final int TOKENS_MAX = 8;
  private static final int PUBLIC_REQUESTS = 2;
  private static final long IN_MICROS = 3;
  private static final long OUT_MICROS = 15;

  private final ObjectNode withAddress =
      question("Write to anna.keller@linden-treuhand.ch that we are closed.");

  private Site site;
  private MockProvider cloud;
  private Receipts receipts;
  private Path export;
  private String byAddress;
  private String byHeader;
  private String byGroup;

  @BeforeAll
  void answerRequestsAndStop() throws IOException {
    cloud = MockProvider.start(KEY, Duration.ZERO);
    site = Site.start(Path.of("target/suites/receipts"));
    receipts = new Receipts(site);
    Path key = Files.writeString(site.folder().resolve("cloud.key"), KEY);
    String policy =
        Policies.preferOutside(cloud.url(), "cloud-key")
            .replace("models:", "currency: CHF\nmodels:")
            .replace(
                "region: XX",
                "region: US, price: {in: %d, out: %d}".formatted(IN_MICROS, OUT_MICROS));
    site.publish(policy, Map.of("cloud-key", key));
    site.enrolBox("box-1").start();
    try (ChatClient website = site.chat("shop", "website");
        ChatClient legal = site.chat("ruth", "legal")) {
      for (int i = 0; i < PUBLIC_REQUESTS; i++) {
        answered("outside", website, question("Say hello."), Map.of());
      }
      byAddress = answered("local", website, withAddress, Map.of());
      byHeader =
          answered(
              "local", website, question("Say hello."), Map.of("Freehold-Label", "confidential"));
      byGroup = answered("local", legal, question("Say hello."), Map.of());
    }
    assertEquals(0, receipts.verify(receipts.place()).exit(), "while the box serves");
    site.box().close();
    export = site.folder().resolve("receipts.jsonl");
    receipts.run("export", receipts.place(), "--out", export.toString());
  }

  @AfterAll
  void stop() {
    site.close();
    cloud.close();
  }

  @Test
  void summarySaysThatNothingConfidentialLeft() {
    String summary = summary("--label", "confidential");

    assertTrue(summary.contains("requests labelled confidential: 3\n"), summary);
    assertTrue(summary.contains("bytes labelled confidential that left the site: none\n"), summary);
    assertTrue(
        summary.contains(
            "bytes labelled confidential that left the box for somebody outside the allowed"
                + " classes: none\n"),
        summary);
    assertFalse(summary.contains("cloud"), "no row of a provider there");
  }

  @Test
  void summarySaysHowManyPublicBytesLeftAndForWhom() throws IOException {
    JsonNode summary = JSON.readTree(summary("--label", "public", "--json"));

    assertTrue(summary.required("intact").asBoolean());
    JsonNode row = summary.required("rows").required(0);
    assertEquals("outside", row.required("provider").asText());
    assertEquals("cloud", row.required("trust").asText());
    assertEquals("US", row.required("region").asText());
    assertEquals(PUBLIC_REQUESTS, row.required("answered").asInt());
    assertEquals(cloud.bytesReceived(), row.required("bytesOut").asLong());
    assertEquals(
        PUBLIC_REQUESTS
            * (IN_MICROS * MockProvider.PROMPT_TOKENS
                + OUT_MICROS * MockProvider.completionTokens(TOKENS_MAX)),
        row.required("costMicros").asLong());
    assertEquals("CHF", row.required("currency").asText());
  }

  @Test
  void receiptsSayWhatRaisedALabel() {
    assertStayed(byAddress, "[\"detected email\"]");
    assertStayed(byHeader, "[\"header\"]");
    assertStayed(byGroup, "[\"group legal\"]");
  }

  private void assertStayed(String request, String raisedBy) {
    List<JsonNode> lines = receipts.of(request);
    JsonNode decision = lines.getFirst().required("body");

    assertEquals(
        List.of("decision", "outcome"),
        lines.stream().map(line -> line.required("kind").asText()).toList());
    assertEquals("confidential", decision.required("label").asText());
    assertEquals(raisedBy, decision.required("raisedBy").toString());
    assertEquals("[\"local\",\"site\"]", decision.required("allowed").toString());
    assertEquals(
        "outside", decision.required("rejected").required(0).required("provider").asText());
    assertEquals("local", lines.getLast().required("body").required("provider").asText());
  }

  @Test
  void requestIsFoundByItsContent() throws IOException {
    Path content = site.folder().resolve("content.json");
    Files.writeString(content, withAddress.toString());
    String found = receipts.run("show", receipts.place(), "--content", content.toString());
    assertTrue(found.contains("is the content of request " + byAddress + " of shop"), found);

    Files.writeString(content, withAddress.toString() + " ");
    Distribution.Finished other =
        site.distribution()
            .runToEnd(
                "freehold", "receipts", "show", receipts.place(), "--content", content.toString());
    assertEquals(1, other.exit());
    assertTrue(other.output().contains("neither the content nor the answer"), other.output());
  }

  @Test
  void exportIsVerifiedByThePinAlone() {
    Distribution.Finished verdict = receipts.verify(export.toString(), "--box", "box-1");

    assertEquals(0, verdict.exit(), verdict.output() + verdict.errors());
    assertTrue(verdict.output().startsWith("intact: receipts of box box-1"), verdict.output());
  }

  @Test
  void exportOfAnotherBoxIsRefused() {
    assertNotIntact("untrusted", receipts.verify(export.toString(), "--box", "box-2"));
  }

  @Test
  void changedDigitIsTold() throws IOException {
    List<String> lines = exported();
    int middle = lines.size() / 2;
    String line = lines.get(middle);
    int at = line.indexOf("\"previous\":\"") - 5;
    char changed = (char) (line.charAt(at) ^ 1);
    lines.set(middle, line.substring(0, at) + changed + line.substring(at + 1));

    assertNotIntact("tampered", verifyCopy(lines));
  }

  /** The label of a request, where a forger would change it. */
  @Test
  void changedLabelIsTold() throws IOException {
    List<String> lines = exported();
    lines.replaceAll(line -> line.replace("\"label\":\"public\"", "\"label\":\"internal\""));

    assertNotIntact("tampered", verifyCopy(lines));
  }

  @Test
  void removedLineIsTold() throws IOException {
    List<String> lines = exported();
    lines.remove(lines.size() / 2);

    assertNotIntact("deleted", verifyCopy(lines));
  }

  @Test
  void swappedLinesAreTold() throws IOException {
    List<String> lines = exported();
    Collections.swap(lines, lines.size() / 2, lines.size() / 2 + 1);

    assertNotIntact("reordered", verifyCopy(lines));
  }

  @Test
  void repeatedLineIsTold() throws IOException {
    List<String> lines = exported();
    lines.add(lines.size() / 2, lines.get(lines.size() / 2));

    assertNotIntact("inserted", verifyCopy(lines));
  }

  /** Only who holds a later head can know of a tail that was cut. */
  @Test
  void tailThatWasCutIsToldByTheHeadThatIsHeldElsewhere() throws IOException {
    List<String> lines = exported();
    List<Integer> heads = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (JSON.readTree(lines.get(i)).required("kind").asText().equals("head")) {
        heads.add(i);
      }
    }
    Path held = site.folder().resolve("head.jws");
    Files.writeString(
        held, JSON.readTree(lines.get(heads.getLast())).required("body").required("jws").asText());
    List<String> cut = lines.subList(0, heads.get(heads.size() - 2) + 1);

    assertEquals(0, receipts.verify(export.toString(), "--head", held.toString()).exit());
    Distribution.Finished without = verifyCopy(cut);
    assertEquals(0, without.exit(), without.output());
    assertTrue(without.output().contains("no --head given: lines cut"), without.output());
    assertNotIntact("cut", verifyCopy(cut, "--head", held.toString()));
  }

  @Test
  void nothingIsAddedUpOfWhatIsNotIntact() throws IOException {
    List<String> lines = exported();
    lines.remove(lines.size() / 2);
    Path copy = Files.write(site.folder().resolve("summed.jsonl"), lines);
    Distribution.Finished summary =
        site.distribution()
            .runToEnd("freehold", summaryArguments(copy.toString()).toArray(String[]::new));

    assertEquals(1, summary.exit());
    assertEquals("", summary.output());
    assertTrue(summary.errors().startsWith("NOT INTACT: deleted"), summary.errors());
  }

  @Test
  void whatCannotBeCheckedIsNotCalledIntact() {
    Distribution.Finished verdict = receipts.verify(site.folder().resolve("nothing").toString());

    assertEquals(2, verdict.exit());
    assertTrue(verdict.errors().startsWith("freehold receipts verify: "), verdict.errors());
  }

  private static ObjectNode question(String text) {
    return ChatClient.request("small", text).put("max_tokens", TOKENS_MAX);
  }

  /** Asks, and returns the request's id, by which receipts know it. */
  private static String answered(
      String provider, ChatClient chat, ObjectNode request, Map<String, String> headers) {
    ChatClient.Reply reply = chat.post("/chat/completions", request, headers);
    assertEquals(200, reply.status(), reply.body().toString());
    assertEquals(provider, reply.provider());
    return reply.headers().firstValue("x-request-id").orElseThrow();
  }

  private String summary(String... options) {
    List<String> arguments = summaryArguments(receipts.place());
    arguments.addAll(List.of(options));
    return site.distribution().run("freehold", arguments.toArray(String[]::new));
  }

  private List<String> summaryArguments(String place) {
    String decided = receipts.of(byGroup).getFirst().required("time").asText();
    return new ArrayList<>(
        List.of(
            "receipts",
            "summary",
            place,
            "--month",
            decided.substring(0, "2026-11".length()),
            "--trust-root",
            site.controller().pin()));
  }

  private List<String> exported() throws IOException {
    return new ArrayList<>(Files.readAllLines(export));
  }

  private Distribution.Finished verifyCopy(List<String> lines, String... options)
      throws IOException {
    Path copy = Files.write(site.folder().resolve("copy.jsonl"), lines);
    return receipts.verify(copy.toString(), options);
  }

  private static void assertNotIntact(String kind, Distribution.Finished verdict) {
    assertEquals(1, verdict.exit(), verdict.output() + verdict.errors());
    assertTrue(verdict.output().startsWith("NOT INTACT: " + kind), verdict.output());
  }
}
