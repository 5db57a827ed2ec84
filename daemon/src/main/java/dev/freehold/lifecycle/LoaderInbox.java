package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What others tell the model loader, until its thread takes it. Any thread may tell, and returns at
 * once; only the loader's thread takes. It holds one wish and each model's name once, however much
 * is told.
 */
final class LoaderInbox {

  /**
   * What the bundle in force asks for.
   *
   * @param entries what the bundle says of the models' files, by the catalogue's names
   */
  record Wish(List<ModelSpec> models, Map<String, CatalogueEntry> entries) {

    Wish {
      models = List.copyOf(models);
      entries = Map.copyOf(entries);
    }
  }

  /**
   * What has happened since the last look.
   *
   * @param wish what the bundle in force asks for, if it changed
   * @param demands the models that somebody waits for
   * @param memoryFreed whether models that were let go have been closed, or some must be chosen
   *     again
   */
  record News(Optional<Wish> wish, Set<String> demands, boolean memoryFreed) {

    News {
      demands = Set.copyOf(demands);
    }
  }

  private Optional<Wish> wish = Optional.empty();
  private final Set<String> demands = new HashSet<>();
  private boolean memoryFreed;
  private boolean anything;

  /** The last wish wins. */
  synchronized void want(Wish next) {
    wish = Optional.of(next);
    wake();
  }

  /** Somebody waits for a model. */
  synchronized void demand(String model) {
    demands.add(model);
    wake();
  }

  /** There may be room now for what had none. */
  synchronized void freed() {
    memoryFreed = true;
    wake();
  }

  /** Lets the loader look at everything again. */
  synchronized void wake() {
    anything = true;
    notifyAll();
  }

  /**
   * Waits until something has happened, or for that long.
   *
   * @throws InterruptedException if the loader's thread was interrupted, waiting or not
   */
  synchronized News take(Duration atMost) throws InterruptedException {
    long untilNanos = System.nanoTime() + atMost.toNanos();
    long left = atMost.toNanos();
    while (!anything && left > 0) {
      wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
      left = untilNanos - System.nanoTime();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException("the model loader is closed");
    }
    News news = new News(wish, demands, memoryFreed);
    wish = Optional.empty();
    demands.clear();
    memoryFreed = false;
    anything = false;
    return news;
  }
}
