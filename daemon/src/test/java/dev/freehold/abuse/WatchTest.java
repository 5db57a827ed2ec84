package dev.freehold.abuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.uplink.AbuseReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Each rule, by what it is about. */
final class WatchTest extends WatchedTest {

  @Test
  void addressThatTriesOneCertificateAfterAnotherIsShutOut() {
    for (int i = 0; i < AbuseRules.CERTIFICATES_REFUSED_MAX; i++) {
      watch.seen(new Event.CertificateRefused(DESK));
    }
    assertFalse(isOut(DESK));

    watch.seen(new Event.CertificateRefused(DESK));

    assertTrue(isOut(DESK));
    assertFalse(isOut(OTHER));
    assertEquals("certificates-refused", quarantine.list().getFirst().rule());
  }

  @Test
  void programWhoseCertificateExpiredAndThatTriesEachMinuteIsNotShutOut() {
    for (int minute = 0; minute < 24 * 60; minute++) {
      watch.seen(new Event.CertificateRefused(DESK));
      advance(Duration.ofMinutes(1));
    }
    assertFalse(isOut(DESK));
  }

  @Test
  void addressThatComesAsManyClientsIsShutOut() {
    for (int i = 0; i <= AbuseRules.IDENTITIES_MAX; i++) {
      assertFalse(isOut(DESK), "after " + i);
      watch.seen(new Event.Arrived(new Suspect.Client("client-" + i, "CN=clients"), DESK));
    }
    assertTrue(isOut(DESK));
    assertEquals("many-identities", quarantine.list().getFirst().rule());
  }

  @Test
  void addressOfAFewClientsThatComeAndGoAllDayIsNotShutOut() {
    for (int i = 0; i < 5_000; i++) {
      watch.seen(new Event.Arrived(new Suspect.Client("client-" + i % 15, "CN=clients"), DESK));
      advance(Duration.ofSeconds(10));
    }
    // Others take their place after a while: a shared workplace.
    for (int i = 0; i < 100; i++) {
      watch.seen(new Event.Arrived(new Suspect.Client("guest-" + i, "CN=clients"), DESK));
      advance(Duration.ofMinutes(2));
    }
    assertFalse(isOut(DESK));
  }

  @Test
  void clientThatUsesMoreTokensThanAnyoneCouldIsShutOut() {
    long each = AbuseRules.TOKENS_MAX / 100;
    for (int i = 0; i < 50; i++) {
      watch.seen(new Event.Prompted(ALICE, each, 1, false));
      watch.seen(new Event.Answered(ALICE, each));
    }
    assertFalse(isOut(ALICE));
    watch.seen(new Event.Answered(ALICE, 1));
    assertTrue(isOut(ALICE));
    assertFalse(isOut(BOB));
  }

  @Test
  void clientThatUsesFarMoreThanItUsuallyDoesIsReportedAndNotShutOut() {
    long usual = 60_000;
    for (int hour = 0; hour < AbuseRules.HABIT_WINDOWS_MIN + 2; hour++) {
      watch.seen(new Event.Answered(ALICE, usual));
      advance(AbuseRules.VOLUME_WINDOW);
    }
    for (int i = 0; i < AbuseRules.HABIT_FACTOR; i++) {
      watch.seen(new Event.Answered(ALICE, usual));
      // The same from one whose habit is not known: far below what is too much for anyone.
      watch.seen(new Event.Answered(BOB, usual));
    }
    assertEquals(List.of(), quarantine.list());
    watch.seen(new Event.Answered(ALICE, usual));
    assertFalse(isOut(ALICE));
    assertEquals(1, quarantine.list().size());
    assertEquals("tokens-beyond-habit", quarantine.list().getFirst().rule());
    assertEquals(ALICE, quarantine.list().getFirst().suspect());
  }

  @Test
  void clientThatGrowsSlowlyMakesItAHabitAndIsNotEvenReported() {
    double tokens = 200_000;
    for (int hour = 0; hour < 300; hour++) {
      watch.seen(new Event.Answered(ALICE, (long) tokens));
      tokens *= 1.01;
      advance(AbuseRules.VOLUME_WINDOW);
    }
    assertEquals(List.of(), quarantine.unreported(1));
  }

  @Test
  void batchOfThousandsOfDifferentQuestionsIsReportedAndNotShutOut() {
    PromptDigest digest = new PromptDigest();
    long asked = 0;
    while (quarantine.list().isEmpty()) {
      watch.seen(new Event.Prompted(ALICE, 10, digest.of("question " + asked++), false));
      // The estimate is a little off; not by more than it says.
      assertTrue(asked < AbuseRules.DISTINCT_PROMPTS_MAX * 1.05, "asked " + asked);
    }
    assertTrue(asked > AbuseRules.DISTINCT_PROMPTS_MAX * 0.95, "asked " + asked);
    assertEquals("distinct-prompts", quarantine.list().getFirst().rule());
    assertFalse(isOut(ALICE));
    assertFalse(quarantine.unreported(10).getFirst().quarantined());
  }

  /** 1,200 requests a second for ten minutes, of the size that the gateway benchmark asks for. */
  @Test
  void loadTestOfOneClientOnManyConnectionsIsNotEvenReported() {
    PromptDigest digest = new PromptDigest();
    int seconds = 600;
    for (int request = 0; request < 1_200 * seconds; request++) {
      watch.seen(new Event.Arrived(ALICE, DESK));
      watch.seen(new Event.Prompted(ALICE, 90, digest.of("the same"), false));
      watch.seen(new Event.Answered(ALICE, 40));
      if (request % 1_200 == 1_199) {
        advance(Duration.ofSeconds(1));
      }
    }
    assertEquals(List.of(), quarantine.list());
  }

  @Test
  void clientThatAsksTheSameAgainAndAgainIsNotShutOut() {
    PromptDigest digest = new PromptDigest();
    for (int i = 0; i < 50_000; i++) {
      watch.seen(new Event.Prompted(ALICE, 10, digest.of("question " + i % 100), false));
    }
    assertFalse(isOut(ALICE));
  }

  @Test
  void clientThatAsksForProbabilitiesThousandsOfTimesIsShutOut() {
    for (int i = 0; i <= AbuseRules.LOGPROBS_MAX; i++) {
      assertFalse(isOut(ALICE));
      watch.seen(new Event.Prompted(ALICE, 10, 1, true));
      watch.seen(new Event.Prompted(BOB, 10, 1, false));
    }
    assertTrue(isOut(ALICE));
    assertFalse(isOut(BOB));
  }

  @Test
  void embeddingALargeCorpusIsReportedButShutsNobodyOut() {
    for (int i = 0; i < 5; i++) {
      watch.seen(new Event.Embedded(ALICE, (int) AbuseRules.EMBEDDED_TEXTS_MAX / 2, 1_000));
    }
    assertFalse(isOut(ALICE));
    List<AbuseReport> reports = quarantine.unreported(10);
    assertEquals(1, reports.size(), "one, not one a request");
    assertEquals("embedded-texts", reports.getFirst().rule());
    assertFalse(reports.getFirst().quarantined());
  }

  @Test
  void clientThatGoesOnAlthoughToldToWaitIsShutOut() {
    watch.seen(new Event.Limited(ALICE, Duration.ofSeconds(60)));
    advance(AbuseRules.HAMMERING_GRACE);
    for (int i = 0; i <= AbuseRules.HAMMERING_MAX; i++) {
      assertFalse(isOut(ALICE));
      watch.seen(new Event.Arrived(ALICE, DESK));
      watch.seen(new Event.Limited(ALICE, Duration.ofSeconds(60)));
    }
    assertTrue(isOut(ALICE));
    assertEquals("limit-hammering", quarantine.list().getFirst().rule());
  }

  @Test
  void clientThatWaitsAsToldIsNeverShutOut() {
    for (int i = 0; i < 1_000; i++) {
      watch.seen(new Event.Arrived(ALICE, DESK));
      watch.seen(new Event.Limited(ALICE, Duration.ofSeconds(3)));
      advance(Duration.ofSeconds(3));
    }
    assertFalse(isOut(ALICE));
  }

  /** Each waits as it was told; together they come more often than any bound. */
  @Test
  void manyWorkersOfOneClientThatEachWaitAreNeverShutOut() {
    Random random = new Random(11);
    int workers = 64;
    long[] comesAtMillis = new long[workers];
    long begin = now.get().toEpochMilli();
    for (long millis = 0; millis < 600_000; millis += 10) {
      now.set(Instant.ofEpochMilli(begin + millis));
      for (int worker = 0; worker < workers; worker++) {
        if (comesAtMillis[worker] > millis) {
          continue;
        }
        watch.seen(new Event.Arrived(ALICE, DESK));
        if (random.nextInt(20) == 0) {
          watch.seen(new Event.Answered(ALICE, 10));
          comesAtMillis[worker] = millis + random.nextInt(50);
        } else {
          int waitMillis = 1_000 + random.nextInt(2_000);
          watch.seen(new Event.Limited(ALICE, Duration.ofMillis(waitMillis)));
          comesAtMillis[worker] = millis + waitMillis;
        }
      }
    }
    assertFalse(isOut(ALICE), () -> quarantine.list().toString());
  }

  @Test
  void workersThatDoNotWaitAreShutOutThoughTheirTimesCome() {
    long begin = now.get().toEpochMilli();
    for (long millis = 0; millis < 60_000 && !isOut(ALICE); millis += 50) {
      now.set(Instant.ofEpochMilli(begin + millis));
      watch.seen(new Event.Arrived(ALICE, DESK));
      watch.seen(new Event.Limited(ALICE, Duration.ofSeconds(20)));
    }
    assertTrue(isOut(ALICE));
  }

  @Test
  void requestsThatWereUnderWayWhenTheLimitWasReachedDoNotCount() {
    for (int i = 0; i < 10 * AbuseRules.HAMMERING_MAX; i++) {
      watch.seen(new Event.Limited(ALICE, Duration.ofSeconds(10)));
      watch.seen(new Event.Arrived(ALICE, DESK));
    }
    assertFalse(isOut(ALICE));
  }

  @Test
  void strangersWithoutEndTakeNoMemoryWithoutEnd() {
    for (int i = 0; i < 3 * Watch.ADDRESSES_MAX; i++) {
      Suspect.Address address = new Suspect.Address("198.51." + i / 256 + "." + i % 256);
      watch.seen(new Event.Arrived(new Suspect.Client("client-" + i, "CN=clients"), address));
    }
    assertEquals(Watch.ADDRESSES_MAX, watch.watchedAddresses());
    assertEquals(Watch.CLIENTS_MAX, watch.watchedClients());
  }

  @Test
  void nothingOfAPromptIsKept() throws Exception {
    String canary = "canary-" + new Random(7).nextLong();
    PromptDigest digest = new PromptDigest();
    for (int i = 0; i <= AbuseRules.LOGPROBS_MAX; i++) {
      watch.seen(new Event.Prompted(ALICE, 10, digest.of(canary), true));
    }
    String kept = Files.readString(folder.resolve("quarantine.json"), StandardCharsets.UTF_8);
    assertTrue(kept.contains("alice"));
    assertFalse(kept.contains(canary));
    // Another process could not tell that it was the same.
    assertEquals(digest.of(canary), digest.of(canary));
    assertFalse(digest.of(canary) == new PromptDigest().of(canary));
  }

  @Test
  void eventsOfManyThreadsAreAllCounted() throws Exception {
    int threads = 8;
    CountDownLatch done = new CountDownLatch(threads);
    int each = (int) AbuseRules.LOGPROBS_MAX / threads;
    for (int t = 0; t < threads; t++) {
      Thread.ofVirtual()
          .start(
              () -> {
                for (int i = 0; i < each; i++) {
                  watch.seen(new Event.Prompted(ALICE, 1, 1, true));
                }
                done.countDown();
              });
    }
    done.await();
    assertFalse(isOut(ALICE));
    watch.seen(new Event.Prompted(ALICE, 1, 1, true));
    assertTrue(isOut(ALICE));
  }
}
