package dev.freehold.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Usage summed by what finance asks for. */
class UsageReportTest {

  private static final ZoneId ZURICH = ZoneId.of("Europe/Zurich");
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant EVER = Instant.parse("2100-01-01T00:00:00Z");

  @TempDir Path folder;
  private UsageLedger ledger;
  private int entries;

  @BeforeEach
  void open() {
    ledger = UsageLedger.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private UsageRecord record(
      Instant time, String client, List<String> groups, String provider, long micros) {
    return record("e-" + entries++, time, client, groups, provider, micros, "CHF");
  }

  private static UsageRecord record(
      String entryId,
      Instant time,
      String client,
      List<String> groups,
      String provider,
      long micros,
      String currency) {
    return new UsageRecord(
        entryId,
        "the client's own id",
        time,
        client,
        groups,
        Optional.of("internal"),
        Optional.of("assistant"),
        Optional.of("usual"),
        Optional.ofNullable(provider),
        Optional.of("cloud"),
        100,
        40,
        10,
        OptionalLong.empty(),
        5,
        provider == null ? 429 : 200,
        provider == null ? Outcome.REFUSED : Outcome.COMPLETED,
        Optional.empty(),
        new UsageRecord.Charged(
            micros, micros, micros == 0 ? Optional.empty() : Optional.of(currency), 1, 2_000, 300));
  }

  private UsageReport by(UsageDimension... dimensions) throws InterruptedException {
    return ledger.report(List.of(dimensions), Instant.EPOCH, EVER, ZURICH);
  }

  private static Map<List<String>, Long> requests(UsageReport report) {
    Map<List<String>, Long> found =
        new TreeMap<>(java.util.Comparator.comparing(key -> String.join("|", key)));
    report.sums().forEach(sum -> found.put(sum.key(), sum.requests()));
    return found;
  }

  @Test
  void requestOfAClientInTwoGroupsCountsInEachAndOnceInTheTotal() throws Exception {
    ledger.record(record(NOON, "alice", List.of("legal", "website"), "helvet", 100));
    ledger.record(record(NOON, "bob", List.of("website"), "helvet", 20));
    ledger.record(record(NOON, "", List.of(), null, 0));
    ledger.record(record(NOON, "carol", List.of("site"), "local", 0));
    UsageReport report = by(UsageDimension.GROUP);
    assertEquals(
        Map.of(List.of(""), 1L, List.of("legal"), 1L, List.of("site"), 1L, List.of("website"), 2L),
        requests(report));
    assertEquals(Map.of("CHF", 120L), report.sums().getLast().costMicros());
    assertEquals(4, report.total().requests());
    assertEquals(1, report.total().unanswered());
    assertEquals(Map.of("CHF", 120L), report.total().costMicros());
    assertEquals(400, report.total().promptTokens());
    assertEquals(160, report.total().cachedTokens());
    assertEquals(40, report.total().completionTokens());
    assertEquals(8_000, report.total().bytesOut());
    assertEquals(1_200, report.total().bytesIn());
  }

  @Test
  void groupNamedTwiceInACertificateCountsOnce() throws Exception {
    ledger.record(record(NOON, "alice", List.of("legal", "legal"), "helvet", 100));
    assertEquals(Map.of(List.of("legal"), 1L), requests(by(UsageDimension.GROUP)));
  }

  @Test
  void dimensionsCombineInTheOrderAsked() throws Exception {
    ledger.record(record(NOON, "alice", List.of("legal", "website"), "helvet", 100));
    ledger.record(record(NOON, "alice", List.of("legal"), "local", 0));
    assertEquals(
        Map.of(
            List.of("helvet", "legal"), 1L,
            List.of("helvet", "website"), 1L,
            List.of("local", "legal"), 1L),
        requests(by(UsageDimension.PROVIDER, UsageDimension.GROUP)));
    assertEquals(
        Map.of(List.of("alice", "assistant", "internal", "usual"), 2L),
        requests(
            by(
                UsageDimension.CLIENT,
                UsageDimension.MODEL,
                UsageDimension.LABEL,
                UsageDimension.ROUTE)));
    assertEquals(List.of(), by().sums().getFirst().key());
  }

  @Test
  void hourThatAChangeOfClocksRepeatsIsTwoAndItsDayHasTwentyFive() throws Exception {
    Instant midnight = Instant.parse("2026-10-24T22:00:00Z");
    for (int hour = 0; hour < 26; hour++) {
      ledger.record(record(midnight.plusSeconds(3_600L * hour), "a", List.of(), "local", 0));
    }
    assertEquals(
        Map.of(List.of("2026-10-25"), 25L, List.of("2026-10-26"), 1L),
        requests(by(UsageDimension.DAY)));
    List<String> hours =
        by(UsageDimension.HOUR).sums().stream().map(sum -> sum.key().getFirst()).toList();
    assertEquals(26, hours.size());
    assertEquals(List.of("2026-10-25T02:00+01:00", "2026-10-25T02:00+02:00"), hours.subList(2, 4));
  }

  @Test
  void dayOfAZoneOffByAQuarterOfAnHourBeginsAtItsMidnight() throws Exception {
    Instant beforeMidnight = Instant.parse("2026-03-01T18:14:59Z");
    ledger.record(record(beforeMidnight, "a", List.of(), "local", 0));
    ledger.record(record(beforeMidnight.plusSeconds(1), "a", List.of(), "local", 0));
    UsageReport report =
        ledger.report(
            List.of(UsageDimension.DAY), Instant.EPOCH, EVER, ZoneId.of("Asia/Kathmandu"));
    assertEquals(Map.of(List.of("2026-03-01"), 1L, List.of("2026-03-02"), 1L), requests(report));
  }

  @Test
  void sumsAreOfTheTimeAskedForAndOfEachCurrencyApart() throws Exception {
    ledger.record(record("x-1", NOON, "a", List.of("g"), "p", 5, "CHF"));
    ledger.record(record("x-2", NOON.plusMillis(1), "a", List.of("g"), "p", 7, "EUR"));
    ledger.record(record("x-3", NOON.plusSeconds(9), "a", List.of("g"), "p", 9, "EUR"));
    UsageReport report =
        ledger.report(List.of(UsageDimension.GROUP), NOON, NOON.plusSeconds(9), ZURICH);
    assertEquals(Map.of("CHF", 5L, "EUR", 7L), report.sums().getFirst().costMicros());
    assertEquals(
        List.of(new Spent("a", List.of("g"), Optional.of("p"), "EUR", 16)),
        ledger.spentSince(NOON.plusMillis(1)));
  }

  @Test
  void recordThatIsReplayedAfterACrashIsKeptOnce() throws Exception {
    List<UsageRecord> records = new ArrayList<>();
    for (int i = 0; i < 1_200; i++) {
      records.add(record(NOON.plusMillis(i), "a", List.of("g"), "p", 3));
    }
    records.forEach(ledger::record);
    ledger.record(records.getFirst());
    ledger.close();
    ledger = UsageLedger.open(folder);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    java.util.Collections.shuffle(records, new Random(seed));
    records.forEach(ledger::record);
    UsageRecord fresh = record(NOON, "a", List.of("g"), "p", 3);
    ledger.record(fresh);
    ledger.record(fresh);
    assertEquals(1_201, by().total().requests());
    assertEquals(Map.of("CHF", 3_603L), by().total().costMicros());
    assertEquals(0, ledger.lost());
  }

  @Test
  void costNeedsACurrency() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new UsageRecord.Charged(1, 0, Optional.empty(), 1, 0, 0));
  }
}
