package dev.freehold.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SystemTimingTest {

  private static final Duration SHORT = Duration.ofMillis(40);

  @Test
  void alarmRingsOnceItsTimeHasComeAndNotBefore() throws Exception {
    SystemTiming timing = new SystemTiming();
    CountDownLatch rang = new CountDownLatch(1);
    long start = System.nanoTime();
    timing.at(timing.instant().plus(SHORT), rang::countDown);
    await(rang);
    assertTrue(System.nanoTime() - start >= SHORT.minusMillis(1).toNanos());
  }

  @Test
  void cancelledAlarmStaysSilent() throws Exception {
    SystemTiming timing = new SystemTiming();
    AtomicBoolean rang = new AtomicBoolean();
    CountDownLatch later = new CountDownLatch(1);
    timing.at(timing.instant().plus(SHORT), () -> rang.set(true)).cancel();
    timing.at(timing.instant().plus(SHORT.multipliedBy(3)), later::countDown);
    await(later);
    assertFalse(rang.get());
  }

  @Test
  void alarmThatBlocksOrFailsDelaysNoOther() throws Exception {
    SystemTiming timing = new SystemTiming();
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch other = new CountDownLatch(1);
    timing.at(
        timing.instant(),
        () -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    timing.at(
        timing.instant(),
        () -> {
          throw new IllegalStateException("as a defect would");
        });
    timing.at(timing.instant().plus(SHORT), other::countDown);
    await(other);
    never.countDown();
  }

  @Test
  void alarmWakesAThreadThatRests() throws Exception {
    Set<Thread> before = lookers();
    SystemTiming timing = new SystemTiming();
    Thread looker = lookers().stream().filter(one -> !before.contains(one)).findAny().orElseThrow();
    // Between two looks it waits for a time; at rest for as long as it takes.
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (looker.getState() != Thread.State.WAITING) {
      assertTrue(System.nanoTime() - until < 0, "it never came to rest");
      Thread.onSpinWait();
    }
    CountDownLatch rang = new CountDownLatch(1);
    timing.at(timing.instant(), rang::countDown);
    await(rang);
  }

  @Test
  void pollTakesWhatIsThereThoughItsTimeIsOver() throws Exception {
    SystemTiming timing = new SystemTiming();
    BlockingQueue<String> queue = new ArrayBlockingQueue<>(1);
    Instant past = timing.instant().minusSeconds(1);
    assertNull(timing.poll(queue, past));
    queue.add("there");
    assertEquals("there", timing.poll(queue, past));
  }

  private static Set<Thread> lookers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("request-deadlines"))
        .collect(Collectors.toSet());
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertTrue(latch.await(20, TimeUnit.SECONDS));
  }
}
