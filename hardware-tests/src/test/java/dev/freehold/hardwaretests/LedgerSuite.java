package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What requests cost survives a daemon that is killed while it serves: nothing that a client got is
 * free, and nothing is charged twice.
 *
 * <p>A mock counts what reaches it. Every request has {@code max_tokens} of its own, by which the
 * mock knows it, and by which its attempt's reservation in the receipts names it.
 */
final class LedgerSuite {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names the seed of a run that is to be repeated. */
  private static final String SEED_PROPERTY = "freehold.seed";

  private static final int KILLS = 5;
  private static final int SOAK_KILLS = 60;
  private static final int CLIENTS = 6;
  private static final int SERVING_MILLIS_MIN = 150;
  private static final int SERVING_MILLIS_MAX = 1_500;
  private static final int STARTING_MILLIS_MAX = 4_000;

  /** One of so many kills meets a daemon that has not begun to serve. */
  private static final int EARLY_KILLS = 4;

  /** The least {@code max_tokens}; no other number in a request is as large. */
  private static final int FIRST_TOKENS_MAX = 1_000;

  private static final long IN_MICROS = 2;
  private static final long OUT_MICROS = 10;
  private static final String KEY = "sk-ledger-5b1d";
  private static final Duration IN_FORCE_MAX = Duration.ofSeconds(20);
  private static final Duration TOKEN_PACE = Duration.ofMillis(8);

  private final AtomicInteger nextTokensMax = new AtomicInteger(FIRST_TOKENS_MAX);
  private final Map<Integer, Optional<String>> finished = new ConcurrentHashMap<>();

  @Test
  void killedFiveTimesEveryAnswerIsChargedOnce() throws Exception {
    killedWhileServing(KILLS);
  }

  @Test
  @Tag("soak")
  void killedManyTimesEveryAnswerIsChargedOnce() throws Exception {
    killedWhileServing(SOAK_KILLS);
  }

  private void killedWhileServing(int kills) throws Exception {
    long seed = Long.getLong(SEED_PROPERTY, System.nanoTime());
    System.out.printf("LedgerSuite: -D%s=%d%n", SEED_PROPERTY, seed);
    RandomGenerator random = RandomGeneratorFactory.getDefault().create(seed);
    try (MockProvider mock = MockProvider.start(KEY, TOKEN_PACE);
        Site site = Site.start(Path.of("target/suites/ledger"))) {
      Path key = Files.writeString(site.folder().resolve("mock.key"), KEY);
      site.publish(policy(mock, new BigDecimal(500)), Map.of("mock-key", key));
      site.enrolBox("box-1").start();
      for (int kill = 0; kill < kills; kill++) {
        serveAndKill(site, random);
        if (random.nextInt(EARLY_KILLS) == 0) {
          site.box().startAndKill(Duration.ofMillis(random.nextInt(STARTING_MILLIS_MAX)));
        }
        site.box().start();
        assertIntact(site);
      }
      serveToTheEnd(site);
      Set<String> interrupted = assertEveryRequestIsChargedOnce(site, mock);
      System.out.printf(
          "LedgerSuite: %d requests reached the provider, %d answers were seen to their end, "
              + "%d requests were interrupted%n",
          mock.received().size(), finished.size(), interrupted.size());
      assertBudgetHoldsWhatWasSpent(site, mock);
    }
  }

  /** Clients ask, one question after the other, until the daemon is gone. */
  private void serveAndKill(Site site, RandomGenerator random) throws InterruptedException {
    AtomicBoolean end = new AtomicBoolean();
    List<Thread> clients = startClients(site, end, Integer.MAX_VALUE);
    // Nothing is awaited: the moment of the kill is random.
    Thread.sleep(Duration.ofMillis(random.nextInt(SERVING_MILLIS_MIN, SERVING_MILLIS_MAX)));
    site.box().kill();
    end.set(true);
    for (Thread client : clients) {
      client.join();
    }
  }

  private void serveToTheEnd(Site site) throws InterruptedException {
    int before = finished.size();
    for (Thread client : startClients(site, new AtomicBoolean(), 2)) {
      client.join();
    }
    assertEquals(before + 2 * CLIENTS, finished.size(), "the box serves as before");
  }

  private List<Thread> startClients(Site site, AtomicBoolean end, int requestsMax) {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      ChatClient chat = site.chat("client" + i, "everyone");
      clients.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (chat) {
                      for (int n = 0; n < requestsMax && !end.get(); n++) {
                        ask(chat, nextTokensMax.getAndIncrement());
                      }
                    } catch (SiteException | UncheckedIOException e) {
                      // The daemon was killed: whatever this request was, it is not finished.
                    }
                  }));
    }
    return clients;
  }

  /** Every third answer is asked for whole. */
  private void ask(ChatClient chat, int tokensMax) {
    ObjectNode request = ChatClient.request("small", "Say hello.").put("max_tokens", tokensMax);
    if (tokensMax % 3 == 0) {
      ChatClient.Reply reply = chat.post("/chat/completions", request, Map.of());
      assertEquals(200, reply.status(), reply.body().toString());
      finished.put(tokensMax, reply.headers().firstValue("x-request-id"));
    } else {
      ChatClient.Answer answer = chat.stream("/chat/completions", request, Map.of(), _ -> {});
      if (answer.done()) {
        finished.put(tokensMax, Optional.of(answer.requestId()));
      }
    }
  }

  private static void assertIntact(Site site) {
    Receipts receipts = new Receipts(site);
    Distribution.Finished verdict = receipts.verify(receipts.place());
    assertEquals(0, verdict.exit(), verdict.output() + verdict.errors());
    assertTrue(verdict.output().startsWith("intact: "), verdict.output());
  }

  /**
   * Compares what the clients saw, what the mock received, the receipts and the ledger.
   *
   * @return the requests that were interrupted
   */
  private Set<String> assertEveryRequestIsChargedOnce(Site site, MockProvider mock)
      throws IOException {
    Receipts receipts = new Receipts(site);
    Map<String, JsonNode> outcomes = onceEach(receipts.bodies("outcome"), "request");
    Map<Integer, JsonNode> attempts = new HashMap<>();
    for (JsonNode attempt : receipts.bodies("attempt")) {
      JsonNode before = attempts.put(tokensMax(attempt), attempt);
      assertEquals(null, before, "nobody asked twice");
    }
    JsonNode usage = JSON.readTree(site.box().command("usage", "--json", "--limit", "10000"));
    Map<String, JsonNode> records = onceEach(usage.required("records"), "receipt");
    assertEquals(0, usage.required("lost").asLong());
    assertEquals(outcomes.keySet(), records.keySet());

    mock.received().forEach((tokensMax, times) -> assertEquals(1, times, "request " + tokensMax));
    assertTrue(attempts.keySet().containsAll(mock.received().keySet()), "all are written down");
    assertTrue(mock.received().keySet().containsAll(finished.keySet()));

    Set<String> interrupted = ConcurrentHashMap.newKeySet();
    attempts.forEach(
        (tokensMax, attempt) -> {
          String request = attempt.required("request").asText();
          JsonNode outcome = outcomes.get(request);
          long cost = outcome.required("costMicros").asLong();
          assertEquals(micros(records.get(request)), cost, outcome.toString());
          if (outcome.required("ending").asText().equals("interrupted")) {
            interrupted.add(request);
            assertEquals(attempt.required("reservedMicros").asLong(), cost, outcome.toString());
          } else {
            assertEquals("completed", outcome.required("ending").asText());
            assertEquals(
                MockProvider.PROMPT_TOKENS * IN_MICROS
                    + MockProvider.completionTokens(tokensMax) * OUT_MICROS,
                cost,
                outcome.toString());
          }
        });
    // The last line of an answer may reach its client before the outcome is written.
    finished.forEach(
        (tokensMax, requestId) ->
            assertEquals(
                requestId, Optional.of(attempts.get(tokensMax).required("request").asText())));
    assertSumsAgree(site, outcomes);
    return interrupted;
  }

  /** The ledger's own sums are those of the receipts. */
  private static void assertSumsAgree(Site site, Map<String, JsonNode> outcomes)
      throws IOException {
    JsonNode report = JSON.readTree(site.box().command("usage", "--by", "provider", "--json"));
    JsonNode total = report.required("total");
    assertEquals(outcomes.size(), total.required("requests").asLong());
    for (String tokens : List.of("promptTokens", "cachedTokens", "completionTokens")) {
      assertEquals(sum(outcomes, tokens), total.required(tokens).asLong(), tokens);
    }
    assertEquals(
        BigDecimal.valueOf(sum(outcomes, "costMicros"), 6),
        new BigDecimal(total.required("cost").required("CHF").asText()));
    // Those that were killed before they were sent have no provider, and cost nothing.
    BigDecimal ofMock = BigDecimal.ZERO;
    for (JsonNode sum : report.required("sums")) {
      if (sum.path("provider").asText().equals("mock")) {
        ofMock = new BigDecimal(sum.required("cost").required("CHF").asText());
      }
    }
    assertEquals(BigDecimal.valueOf(sum(outcomes, "costMicros"), 6), ofMock);
  }

  /**
   * A budget of what is spent and one more request, to the last micro, lets that request through; a
   * budget of a micro less does not. What is spent is known from the ledger alone, as the daemon
   * was killed before.
   */
  private void assertBudgetHoldsWhatWasSpent(Site site, MockProvider mock) throws IOException {
    BigDecimal spent =
        new BigDecimal(
            JSON.readTree(site.box().command("usage", "--by", "group", "--json"))
                .required("total")
                .required("cost")
                .required("CHF")
                .asText());
    int tokensMax = nextTokensMax.getAndIncrement();
    JsonNode attempt = new Receipts(site).bodies("attempt").getLast();
    long prompt = attempt.required("reservedMicros").asLong() % OUT_MICROS;
    BigDecimal enough = spent.add(BigDecimal.valueOf(prompt + tokensMax * OUT_MICROS, 6));
    ObjectNode request = ChatClient.request("small", "Say hello.").put("max_tokens", tokensMax);

    publish(site, policy(mock, enough.subtract(BigDecimal.valueOf(1, 6))));
    site.box().kill();
    site.box().start();
    try (ChatClient chat = site.chat("client0", "everyone")) {
      ChatClient.Reply refused = chat.post("/chat/completions", request, Map.of());
      assertEquals(429, refused.status(), refused.body().toString());
      assertTrue(refused.body().toString().contains("may spend"), refused.body().toString());
      publish(site, policy(mock, enough));
      ChatClient.Reply reply = chat.post("/chat/completions", request, Map.of());
      assertEquals(200, reply.status(), reply.body().toString());
    }
    assertIntact(site);
  }

  /** Publishes, and waits until the box has put it in force. */
  private static void publish(Site site, String policy) {
    String version = site.publish(policy, Map.of());
    Await.until(
        "bundle " + version + " to be in force",
        IN_FORCE_MAX,
        () ->
            site.box()
                    .command("status")
                    .lines()
                    .anyMatch(line -> line.matches("bundle\\s+" + version))
                ? Optional.of(true)
                : Optional.empty());
  }

  private static Map<String, JsonNode> onceEach(Iterable<JsonNode> nodes, String id) {
    Map<String, JsonNode> byId = new HashMap<>();
    for (JsonNode node : nodes) {
      JsonNode before = byId.put(node.required(id).asText(), node);
      assertEquals(null, before, "one of each request");
    }
    return byId;
  }

  /** An answer's price is ten micros a token, and a short prompt's less than ten. */
  private static int tokensMax(JsonNode attempt) {
    return Math.toIntExact(attempt.required("reservedMicros").asLong() / OUT_MICROS);
  }

  private static long micros(JsonNode record) {
    return new BigDecimal(record.required("cost").asText()).movePointRight(6).longValueExact();
  }

  private static long sum(Map<String, JsonNode> outcomes, String name) {
    return outcomes.values().stream().mapToLong(outcome -> outcome.required(name).asLong()).sum();
  }

  private static String policy(MockProvider mock, BigDecimal monthly) {
    return """
    site: suite
    currency: CHF
    detect: none
    models:
      small: {catalogue: smollm2-135m, context: 8192}
    providers:
      mock: {kind: openai, trust: sovereign, region: CH, url: "%s", credential: mock-key, price: {in: %d, out: %d}, budget: {month: 1000}}
    locality:
      restricted: [local]
      confidential: [local]
      internal: [local, sovereign]
      public: [local, sovereign]
    clients:
      everyone: {label: internal, budget: {month: %s}}
    routes:
      - {name: usual, use: [mock]}
    """
        .formatted(mock.url(), IN_MICROS, OUT_MICROS, monthly.toPlainString());
  }
}
