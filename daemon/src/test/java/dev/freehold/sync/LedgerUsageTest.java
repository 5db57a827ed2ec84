package dev.freehold.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger's hours, as a heartbeat tells them. */
final class LedgerUsageTest {

  private static final Instant HOUR = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path folder;

  private UsageLedger ledger;
  private LedgerUsage usage;
  private int entries;

  @BeforeEach
  void open() {
    ledger = UsageLedger.open(folder);
    usage = new LedgerUsage(ledger);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void requestsOfAKindAreSummedByTheHourTheyArrivedIn() throws Exception {
    record(HOUR, List.of("legal"), "helvet", "internal", 100);
    record(HOUR.plusSeconds(3_599), List.of("legal"), "helvet", "internal", 20);
    record(HOUR.plusSeconds(3_600), List.of("legal"), "helvet", "internal", 3);
    record(HOUR, List.of("legal"), "local", "internal", 0);
    record(HOUR, List.of("legal"), "helvet", "public", 4);

    List<UsageBucket> found = usage.from(HOUR, 24);

    assertEquals(4, found.size());
    assertEquals(
        new UsageBucket(
            new UsageBucket.Key(HOUR, "legal", "helvet", "assistant", "internal", "CHF"),
            2,
            200,
            80,
            20,
            120),
        found.stream().filter(bucket -> bucket.costMicros() == 120).findFirst().orElseThrow());
    assertEquals(HOUR.plusSeconds(3_600), found.getLast().key().hour());
    assertEquals("", key(found, "local").currency());
  }

  @Test
  void requestOfAClientInSeveralGroupsCountsOnceUnderAllOfThemTogether() throws Exception {
    record(HOUR, List.of("website", "legal"), "helvet", "internal", 100);
    record(HOUR, List.of("legal", "website", "legal"), "helvet", "internal", 10);
    record(HOUR, List.of("legal"), "helvet", "internal", 1);
    record(HOUR, List.of(), "helvet", "internal", 0);

    List<UsageBucket> found = usage.from(HOUR, 24);

    assertEquals(
        List.of("", "legal", "legal+website"),
        found.stream().map(bucket -> bucket.key().group()).sorted().toList());
    assertEquals(4, found.stream().mapToLong(UsageBucket::requests).sum());
    assertEquals(111, found.stream().mapToLong(UsageBucket::costMicros).sum());
  }

  @Test
  void moreGroupsThanANameHoldsAreCutAndStillSummed() throws Exception {
    String one = "a".repeat(60);
    String two = "b".repeat(60);
    record(HOUR, List.of(one, two, "c".repeat(60)), "helvet", "internal", 1);
    record(HOUR, List.of(one, two, "d".repeat(60)), "helvet", "internal", 2);

    List<UsageBucket> found = usage.from(HOUR, 24);

    assertEquals(1, found.size());
    assertEquals(one + "+" + two + "+more", found.getFirst().key().group());
    assertEquals(2, found.getFirst().requests());
  }

  @Test
  void refusedRequestHasNoProviderAndNoCost() throws Exception {
    record(HOUR, List.of("legal"), null, null, 0);
    UsageBucket.Key key = usage.from(HOUR, 1).getFirst().key();
    assertEquals(List.of("", "", ""), List.of(key.provider(), key.label(), key.currency()));
  }

  @Test
  void hoursWithoutUsageDoNotCountAndTheLastOnesComeAlone() throws Exception {
    for (int day = 0; day < 30; day++) {
      record(HOUR.plus(Duration.ofDays(day)), List.of("legal"), "helvet", "internal", day);
      record(HOUR.plus(Duration.ofDays(day)), List.of("web"), "helvet", "internal", day);
    }

    List<UsageBucket> first = usage.from(Instant.EPOCH, 24);
    List<UsageBucket> rest = usage.from(HOUR.plus(Duration.ofDays(23)).plusSeconds(3_600), 24);

    assertEquals(48, first.size());
    assertEquals(HOUR, first.getFirst().key().hour());
    assertEquals(HOUR.plus(Duration.ofDays(23)), first.getLast().key().hour());
    assertEquals(12, rest.size());
    assertEquals(List.of(), usage.from(HOUR.plus(Duration.ofDays(31)), 24));
  }

  @Test
  void hourIsWholeThoughItIsAskedForFromItsMiddle() throws Exception {
    record(HOUR, List.of("legal"), "helvet", "internal", 5);
    assertEquals(1, usage.from(HOUR.plusSeconds(1_800), 1).size());
  }

  @Test
  void runningHourOfABusyLedgerIsReadWithoutItsHistory() throws Exception {
    for (int i = 0; i < 40_000; i++) {
      record(HOUR.minusSeconds(i % 3_000_000L * 60), List.of("legal"), "helvet", "internal", 1);
    }
    record(HOUR.plusSeconds(3_600), List.of("legal"), "helvet", "internal", 1);
    usage.from(HOUR.plusSeconds(3_600), 24);
    long begin = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      assertEquals(1, usage.from(HOUR.plusSeconds(3_600), 24).size());
    }
    Duration each = Duration.ofNanos((System.nanoTime() - begin) / 20);
    System.out.println("one running hour of 40,001 records: " + each.toNanos() / 1_000 + " us");
    long scan = System.nanoTime();
    assertEquals(
        24, usage.from(Instant.EPOCH, 24).stream().map(b -> b.key().hour()).distinct().count());
    System.out.println("24 hours: " + (System.nanoTime() - scan) / 1_000 + " us");
    assertTrue(each.compareTo(Duration.ofMillis(250)) < 0, each::toString);
  }

  private static UsageBucket.Key key(List<UsageBucket> found, String provider) {
    return found.stream()
        .map(UsageBucket::key)
        .filter(key -> key.provider().equals(provider))
        .findFirst()
        .orElseThrow();
  }

  private void record(
      Instant time, List<String> groups, String provider, String label, long micros) {
    ledger.record(
        new UsageRecord(
            "e-" + entries++,
            "the client's own id",
            time,
            "alice",
            groups,
            Optional.ofNullable(label),
            Optional.of("assistant"),
            Optional.empty(),
            Optional.ofNullable(provider),
            Optional.empty(),
            100,
            40,
            10,
            OptionalLong.empty(),
            5,
            provider == null ? 429 : 200,
            provider == null ? Outcome.REFUSED : Outcome.COMPLETED,
            Optional.empty(),
            new UsageRecord.Charged(
                micros,
                micros,
                micros == 0 ? Optional.empty() : Optional.of("CHF"),
                1,
                2_000,
                300)));
  }
}
