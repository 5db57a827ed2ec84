package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetchException;
import dev.freehold.models.ModelFetcher;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Fetches model files beside the loader, which goes on with the models whose files are here. Each
 * file is fetched once at a time.
 */
final class ModelFetches implements AutoCloseable {

  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  /** How a fetch ended. */
  sealed interface Outcome {

    /** The file is here. */
    record Fetched(Path file) implements Outcome {}

    /** It could not be had; the reason says what to do. */
    record Failed(String reason) implements Outcome {}
  }

  private final ModelCache cache;
  private final ModelFetcher fetcher;
  private final Runnable ended;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("freehold-fetch-", 0).factory());
  private final Map<String, Optional<Outcome>> outcomes = new ConcurrentHashMap<>();

  /**
   * A fetcher in the background.
   *
   * @param ended called whenever a fetch has ended
   */
  ModelFetches(ModelCache cache, ModelFetcher fetcher, Runnable ended) {
    this.cache = cache;
    this.fetcher = fetcher;
    this.ended = ended;
  }

  /** A file that is here already. */
  Optional<Path> present(CatalogueEntry entry) {
    try {
      return cache.find(entry);
    } catch (IOException e) {
      // The fetcher meets the same, and says what to do.
      return Optional.empty();
    }
  }

  /** How fetching went, once, and empty while it goes on; starts it if it has not begun. */
  Optional<Outcome> outcome(CatalogueEntry entry) {
    Optional<Outcome> known = outcomes.get(entry.sha256());
    if (known == null) {
      outcomes.put(entry.sha256(), Optional.empty());
      threads.execute(() -> fetch(entry));
      return Optional.empty();
    }
    if (known.isPresent()) {
      outcomes.remove(entry.sha256());
    }
    return known;
  }

  private void fetch(CatalogueEntry entry) {
    try {
      outcomes.put(entry.sha256(), Optional.of(new Outcome.Fetched(fetcher.fetch(entry))));
    } catch (ModelFetchException | RuntimeException e) {
      outcomes.put(entry.sha256(), Optional.of(new Outcome.Failed(String.valueOf(e.getMessage()))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.run();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      // A fetch ends its own child process when it is interrupted: it should get to it.
      boolean _ = threads.awaitTermination(STOP_MAX.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
