package dev.freehold.provider;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A model that is no longer handed out, and that requests may still be using. */
public final class RetiredModel implements AutoCloseable {

  private static final Logger LOGGER = System.getLogger(RetiredModel.class.getName());

  private final ServedModel model;
  private final CompletableFuture<Void> unused;

  RetiredModel(Tenure tenure) {
    this.model = tenure.model();
    this.unused = tenure.letGo();
  }

  /**
   * Closes the model once nobody uses it, or when the time is up; what still runs then ends with an
   * error. Returns at once.
   *
   * @param closed called on another thread when its memory has been freed
   */
  public void closeWhenUnused(Duration atMost, Runnable closed) {
    var _ =
        unused
            .copy()
            .completeOnTimeout(null, atMost.toNanos(), TimeUnit.NANOSECONDS)
            .thenRunAsync(
                () -> close(closed),
                // Freeing gigabytes takes time that neither a request nor a timer should wait.
                task -> Thread.ofPlatform().name("freehold-let-go").daemon(true).start(task));
  }

  private void close(Runnable closed) {
    try {
      close();
    } catch (RuntimeException e) {
      LOGGER.log(Level.ERROR, "a model that was let go did not close", e);
    } finally {
      closed.run();
    }
  }

  /** Closes the model now, whoever uses it. */
  @Override
  public void close() {
    model.close();
  }
}
