package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.engine.EngineOptions;
import dev.freehold.llama.LlamaException;
import dev.freehold.models.ModelFetchException;
import dev.freehold.models.ModelFetcher;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.RetiredModel;
import dev.freehold.provider.ServedModel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Makes the models of the bundle in force the models that are served: fetches, tries in a probe
 * process, loads, replaces and lets go. One platform thread, {@code freehold-models}, does all of
 * it; what it is asked for last is what it works towards.
 */
final class ModelLoader implements AutoCloseable {

  private static final Logger LOG = System.getLogger(ModelLoader.class.getName());

  /** How long the requests of a model that is no longer wanted may go on. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(60);

  /** A model that could not be had is tried again after this time. */
  private static final Duration RETRY = Duration.ofSeconds(30);

  /** What the bundle in force asks for. */
  record Wish(List<ModelSpec> models, Map<String, CatalogueEntry> entries) {

    Wish {
      models = List.copyOf(models);
      entries = Map.copyOf(entries);
    }
  }

  private final LocalProvider local;
  private final ModelFetcher fetcher;
  private final ModelProbe probe;
  private final Map<String, Path> files;
  private final Map<String, ModelSpec> loaded = new ConcurrentHashMap<>();
  private final Map<String, String> problems = new ConcurrentHashMap<>();
  private final CountDownLatch firstLoad = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().name("freehold-models").daemon(true).unstarted(this::work);
  private volatile Wish wish = new Wish(List.of(), Map.of());

  /* Guarded by this. */
  private long wishes;
  private long wishesTaken;

  /**
   * @param files models the operator gave by path on the command line, by the policy's name
   */
  ModelLoader(
      LocalProvider local, ModelFetcher fetcher, ModelProbe probe, Map<String, Path> files) {
    this.local = local;
    this.fetcher = fetcher;
    this.probe = probe;
    this.files = Map.copyOf(files);
  }

  void start() {
    thread.start();
  }

  /** Returns at once; the last wish wins. */
  synchronized void want(Wish next) {
    wish = next;
    wishes++;
    notifyAll();
  }

  /** Whether every model of the bundle in force is being served. */
  boolean isReady() {
    List<ModelSpec> models = wish.models();
    return !models.isEmpty()
        && models.stream().allMatch(spec -> spec.equals(loaded.get(spec.name())));
  }

  /** What is wrong or still to do, in a few words. */
  String state() {
    if (isReady()) {
      return "serving " + String.join(", ", loaded.keySet());
    }
    return problems.isEmpty()
        ? "loading models"
        : problems.entrySet().stream()
            .map(problem -> problem.getKey() + ": " + problem.getValue())
            .collect(Collectors.joining("; "));
  }

  /** Waits until the models that were first asked for are served. */
  void awaitFirstLoad() throws InterruptedException {
    firstLoad.await();
  }

  private void work() {
    try {
      while (!Thread.interrupted()) {
        Wish next = awaitWish();
        satisfy(next);
        if (isReady()) {
          firstLoad.countDown();
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts this thread: its work is over.
      LOG.log(Level.DEBUG, "the model loader stops");
    } finally {
      local.models().forEach(model -> local.withdraw(model.name()).ifPresent(RetiredModel::close));
    }
  }

  /** Waits for a new wish, or until it is time to try again what did not work. */
  private synchronized Wish awaitWish() throws InterruptedException {
    long deadline = System.nanoTime() + RETRY.toNanos();
    while (wishesTaken == wishes) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (!problems.isEmpty() && left <= 0) {
        break;
      }
      wait(problems.isEmpty() ? 0 : left);
    }
    wishesTaken = wishes;
    return wish;
  }

  private void satisfy(Wish next) throws InterruptedException {
    problems.clear();
    for (ModelSpec spec : next.models()) {
      if (!spec.equals(loaded.get(spec.name()))) {
        load(spec, next);
      }
    }
    List<String> names = next.models().stream().map(ModelSpec::name).toList();
    for (String name : List.copyOf(loaded.keySet())) {
      if (!names.contains(name)) {
        loaded.remove(name);
        local.withdraw(name).ifPresent(old -> old.closeWhenUnused(DRAIN_MAX, () -> {}));
      }
    }
  }

  private void load(ModelSpec spec, Wish next) throws InterruptedException {
    try {
      CatalogueEntry entry = next.entries().get(spec.catalogue());
      Path file = file(spec, entry);
      String identity = files.containsKey(spec.name()) ? ModelProbe.identity(file) : entry.sha256();
      probe.ensurePasses(file, identity, spec.contextTokens());
      long start = System.nanoTime();
      ServedModel model =
          ServedModel.load(spec.name(), file, EngineOptions.of(spec.contextTokens(), spec.slots()));
      Optional<RetiredModel> replaced = local.serve(model);
      loaded.put(spec.name(), spec);
      LOG.log(
          Level.INFO,
          "model {0} loaded in {1} ms",
          spec.name(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      replaced.ifPresent(old -> old.closeWhenUnused(DRAIN_MAX, () -> {}));
    } catch (ModelFetchException | ModelUnusable | LlamaException | IOException e) {
      problems.put(spec.name(), String.valueOf(e.getMessage()));
      LOG.log(
          Level.ERROR,
          "model {0} cannot be served, the next try is in {1} s: {2}",
          spec.name(),
          RETRY.toSeconds(),
          e.getMessage());
    }
  }

  private Path file(ModelSpec spec, CatalogueEntry entry)
      throws ModelFetchException, ModelUnusable, InterruptedException {
    Path given = files.get(spec.name());
    if (given != null) {
      return given;
    }
    if (entry == null) {
      throw new ModelUnusable(
          "the bundle has no reference for catalogue entry %s: publish the policy again"
              .formatted(spec.catalogue()));
    }
    return fetcher.fetch(entry);
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
