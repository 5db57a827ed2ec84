package dev.freehold.lifecycle;

import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelFiles;
import dev.freehold.provider.ModelStatus;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * What the model loader tells others of itself. Only the loader's thread reports; any thread may
 * read.
 */
final class LoaderStatus {

  private final LocalProvider local;
  private final MemoryBudget budget;
  private final Holdings holdings;
  private final ModelFiles files;
  private final CountDownLatch firstLoad = new CountDownLatch(1);
  private final AtomicInteger loads = new AtomicInteger();
  private volatile Summary summary = new Summary(false, List.of(), Map.of());

  private record Summary(boolean ready, List<String> names, Map<String, String> problems) {}

  LoaderStatus(LocalProvider local, MemoryBudget budget, Holdings holdings, ModelFiles files) {
    this.local = local;
    this.budget = budget;
    this.holdings = holdings;
    this.files = files;
  }

  /** Takes down how far the loader has come with the models that are wanted. */
  void report(Collection<WantedModel> wanted) {
    Map<String, String> problems = new LinkedHashMap<>();
    boolean ready = true;
    boolean settled = true;
    for (WantedModel model : wanted) {
      model.setback.ifPresent(setback -> problems.put(model.name(), setback.problem()));
      boolean serves = model.isAsWanted() || model.isOnDemand();
      ready &= serves;
      settled &= serves || model.setback.filter(WantedModel.Setback::forWantOfRoom).isPresent();
    }
    summary =
        new Summary(ready, wanted.stream().map(WantedModel::name).toList(), Map.copyOf(problems));
    if (settled) {
      firstLoad.countDown();
    }
  }

  /** Counts a load. */
  void loaded() {
    loads.incrementAndGet();
  }

  /** Whether every model is served that the bundle in force wants from the start. */
  boolean isReady() {
    return summary.ready();
  }

  /**
   * Waits until the models that are wanted from the start are served, or refused for want of
   * memory, which waiting would not change.
   */
  void awaitFirstLoad() throws InterruptedException {
    firstLoad.await();
  }

  /** What is wrong or still to do, in a few words. */
  String state() {
    Summary now = summary;
    if (now.ready()) {
      return now.names().isEmpty()
          ? "serving no models of its own"
          : "serving " + String.join(", ", now.names());
    }
    return now.problems().isEmpty()
        ? "loading models"
        : now.problems().entrySet().stream()
            .map(problem -> problem.getKey() + ": " + problem.getValue())
            .collect(Collectors.joining("; "));
  }

  /** What each model is doing and what it takes, for the operator. */
  Map<String, String> describe() {
    Summary now = summary;
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put(
        "memory",
        "%s of %s in use by models"
            .formatted(
                MemoryBudget.text(holdings.totalBytes()), MemoryBudget.text(budget.bytes())));
    for (String name : now.names()) {
      Optional<String> problem = Optional.ofNullable(now.problems().get(name));
      local
          .status(name)
          .ifPresent(status -> lines.put("model " + name, describe(name, status, problem)));
    }
    return lines;
  }

  private String describe(String name, ModelStatus status, Optional<String> problem) {
    StringBuilder text = new StringBuilder(status.stage().text());
    OptionalLong held = holdings.bytesOf(name);
    if (held.isPresent()) {
      text.append(", ").append(MemoryBudget.text(held.getAsLong()));
    } else {
      status
          .facts()
          .ifPresent(
              facts -> text.append(", needs ").append(MemoryBudget.text(facts.memoryBytes())));
    }
    if (status.users() > 0) {
      text.append(", in use by ").append(status.users());
    }
    problem.ifPresent(why -> text.append(": ").append(why));
    return text.toString();
  }

  /** What a model takes of the memory at this moment. */
  long memoryBytes(String model) {
    return holdings.bytesOf(model).orElse(0);
  }

  /** How often a model has been loaded. */
  int loads() {
    return loads.get();
  }

  /** How many model files are loaded. */
  int openFiles() {
    return files.open();
  }
}
