package dev.freehold.hardwaretests.site;

import java.time.Duration;
import java.util.Optional;

/**
 * Waits for something that another process does. It polls, since nothing across that border can
 * notify us, and it gives up at a deadline.
 */
public final class Await {

  private static final Duration POLL_EVERY = Duration.ofMillis(50);

  private Await() {}

  /** Looks once; empty as long as the awaited thing has not happened. */
  @FunctionalInterface
  public interface Look<T> {
    Optional<T> look() throws Exception;
  }

  /**
   * Looks until there is something, and returns it.
   *
   * @param what completes the sentence "Waited … for"
   * @throws SiteException if the deadline passed, or if a look failed
   */
  public static <T> T until(String what, Duration atMost, Look<T> look) {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    try {
      while (true) {
        Optional<T> found = look.look();
        if (found.isPresent()) {
          return found.get();
        }
        if (System.nanoTime() > deadlineNanos) {
          throw new SiteException("Waited " + atMost.toSeconds() + " s in vain for " + what + ".");
        }
        // A process, a file or a line of a log tells nobody that it has changed: there is nothing
        // here to block on, so a look follows a look. Nothing depends on how long it sleeps.
        Thread.sleep(POLL_EVERY);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while waiting for " + what + ".", e);
    } catch (SiteException e) {
      throw e;
    } catch (Exception e) {
      throw new SiteException("While waiting for " + what + ": " + e, e);
    }
  }
}
