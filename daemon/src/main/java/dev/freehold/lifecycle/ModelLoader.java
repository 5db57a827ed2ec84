package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.engine.EngineOptions;
import dev.freehold.lifecycle.ModelFetches.Outcome;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetcher;
import dev.freehold.provider.GgufFiles;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelFacts;
import dev.freehold.provider.ModelFiles;
import dev.freehold.provider.ModelState;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.RetiredModel;
import dev.freehold.provider.ServedModel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Makes the models of the bundle in force the models that are served, within a memory budget:
 * fetches, tries in a probe process, loads, replaces and lets go. One platform thread, {@code
 * freehold-models}, does all of it, one model at a time; after each it looks at what is wanted now.
 *
 * <p>A model that is replaced is loaded beside the old one where both fit; else the old one is let
 * go first, and requests wait for the new one. To make room, models that are loaded on demand and
 * that nobody uses are let go, those first that have not been used for longest. What does not fit
 * then is refused with the figures, and the other models go on.
 */
final class ModelLoader implements AutoCloseable {

  private static final Logger LOG = System.getLogger(ModelLoader.class.getName());

  /** How long the requests of a model that is no longer wanted may go on. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(60);

  /** A model that could not be had is tried again after this time. */
  static final Duration RETRY = Duration.ofSeconds(30);

  /** What clients are told; the operator is told more, by the log and the status. */
  private static final String NOT_LOADED =
      "this box could not load the model: ask its operator, whom 'freehold status' tells why";

  private static final String NOT_FETCHED =
      "this box could not fetch the model's file: ask its operator, whom 'freehold status' tells"
          + " why";

  /** What the bundle in force asks for. */
  record Wish(List<ModelSpec> models, Map<String, CatalogueEntry> entries) {

    Wish {
      models = List.copyOf(models);
      entries = Map.copyOf(entries);
    }
  }

  private final LocalProvider local;
  private final ModelFetches fetches;
  private final ModelProbe probe;
  private final MemoryBudget budget;
  private final GivenFiles given;
  private final LongSupplier nanoClock;
  private final Holdings holdings = new Holdings();
  private final ModelFiles files = new ModelFiles();
  private final CountDownLatch firstLoad = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().name("freehold-models").daemon(true).unstarted(this::work);

  /* The loader's thread's own. */
  private final Map<String, WantedModel> wanted = new LinkedHashMap<>();

  /* Guarded by this: what has happened since the loader's thread looked. */
  private Optional<Wish> nextWish = Optional.empty();
  private final Set<String> demands = new HashSet<>();
  private boolean memoryFreed;
  private boolean news;

  private volatile int loads;
  private volatile Summary summary = new Summary(false, List.of(), Map.of());

  /** What the loader's thread says of itself to others. */
  private record Summary(boolean ready, List<String> names, Map<String, String> problems) {}

  /**
   * A loader that has nothing to do yet.
   *
   * @param given files the operator gave by path on the command line
   * @param nanoClock tells when a model has been unused for long enough, and when to try again
   */
  ModelLoader(
      LocalProvider local,
      ModelCache cache,
      ModelFetcher fetcher,
      ModelProbe probe,
      MemoryBudget budget,
      GivenFiles given,
      LongSupplier nanoClock) {
    this.local = local;
    this.fetches = new ModelFetches(cache, fetcher, this::wake);
    this.probe = probe;
    this.budget = budget;
    this.given = given;
    this.nanoClock = nanoClock;
  }

  void start() {
    local.onDemand(this::demand);
    thread.start();
  }

  /**
   * Lets requests wait for models that {@link #want} will ask for in a moment: to be called before
   * anybody may ask for them.
   */
  void announce(Collection<ModelSpec> models) {
    models.forEach(model -> local.announce(model.name()));
  }

  /** Returns at once; the last wish wins. */
  synchronized void want(Wish next) {
    nextWish = Optional.of(next);
    wake();
  }

  /** Somebody waits for a model. Returns at once. */
  private synchronized void demand(String model) {
    demands.add(model);
    wake();
  }

  private synchronized void freed() {
    memoryFreed = true;
    wake();
  }

  /** Lets the loader look at everything again. */
  synchronized void wake() {
    news = true;
    notifyAll();
  }

  /** Whether every model is served that the bundle in force wants from the start. */
  boolean isReady() {
    return summary.ready();
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
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put(
        "memory",
        "%s of %s in use by models"
            .formatted(
                MemoryBudget.text(holdings.totalBytes()), MemoryBudget.text(budget.bytes())));
    for (String name : summary.names()) {
      local.status(name).ifPresent(status -> lines.put("model " + name, describe(name, status)));
    }
    return lines;
  }

  private String describe(String name, ModelStatus status) {
    StringBuilder text = new StringBuilder(status.stage().text());
    if (holdings.bytesOf(name).isPresent()) {
      text.append(", ").append(MemoryBudget.text(holdings.bytesOf(name).getAsLong()));
    } else {
      status
          .facts()
          .ifPresent(
              facts -> text.append(", needs ").append(MemoryBudget.text(facts.memoryBytes())));
    }
    if (status.users() > 0) {
      text.append(", in use by ").append(status.users());
    }
    Optional.ofNullable(summary.problems().get(name))
        .ifPresent(problem -> text.append(": ").append(problem));
    return text.toString();
  }

  /** What a model takes of the memory at this moment. */
  long memoryBytes(String model) {
    return holdings.bytesOf(model).orElse(0);
  }

  /** How often a model has been loaded. */
  int loads() {
    return loads;
  }

  /** How many model files are loaded. */
  int openFiles() {
    return files.open();
  }

  /**
   * Waits until the models that are wanted from the start are served, or refused for want of
   * memory, which waiting would not change.
   */
  void awaitFirstLoad() throws InterruptedException {
    firstLoad.await();
  }

  private void work() {
    try {
      boolean busy = false;
      while (true) {
        take(busy);
        busy = step();
        summarise();
      }
    } catch (InterruptedException e) {
      // Only close() interrupts this thread: its work is over.
      LOG.log(Level.DEBUG, "the model loader stops");
    } finally {
      fetches.close();
      wanted.keySet().forEach(name -> local.withdraw(name).ifPresent(RetiredModel::close));
    }
  }

  /** Takes what has happened; waits for something unless there is more to do anyway. */
  private void take(boolean busy) throws InterruptedException {
    Optional<Wish> wish;
    Set<String> asked;
    boolean freed;
    long untilNanos = System.nanoTime() + (busy ? 0 : untilDueNanos());
    synchronized (this) {
      long left = untilNanos - System.nanoTime();
      while (!news && left > 0) {
        wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
        left = untilNanos - System.nanoTime();
      }
      if (Thread.interrupted()) {
        throw new InterruptedException("the model loader is closed");
      }
      news = false;
      wish = nextWish;
      nextWish = Optional.empty();
      asked = Set.copyOf(demands);
      demands.clear();
      freed = memoryFreed;
      memoryFreed = false;
    }
    wish.ifPresent(this::adopt);
    for (WantedModel model : wanted.values()) {
      model.demanded |= asked.contains(model.name()) && !model.isAsWanted();
      model.awaitsRoom &= !freed;
    }
  }

  /** Until a model may be tried again or has been unused for too long. */
  private long untilDueNanos() {
    long now = nanoClock.getAsLong();
    long nanos = TimeUnit.HOURS.toNanos(1);
    for (WantedModel model : wanted.values()) {
      // A fetch and room that was made both report when they are there.
      boolean reports = model.isBeingFetched || model.awaitsRoom;
      if (model.problem.isPresent() && !reports && (model.isDue() || model.file.isEmpty())) {
        nanos = Math.min(nanos, model.retryAtNanos - now);
      }
      if (model.isOnDemand() && model.loaded.isPresent()) {
        Duration unused = local.unusedFor(model.name()).orElse(Duration.ZERO);
        nanos = Math.min(nanos, model.spec().idle().minus(unused).toNanos());
      }
    }
    return Math.max(TimeUnit.MILLISECONDS.toNanos(1), nanos);
  }

  private void adopt(Wish wish) {
    Map<String, WantedModel> before = new LinkedHashMap<>(wanted);
    wanted.clear();
    for (ModelSpec spec : wish.models()) {
      WantedModel model =
          new WantedModel(spec, Optional.ofNullable(wish.entries().get(spec.catalogue())), given);
      if (model.file.isEmpty()) {
        model.file = model.entry().flatMap(fetches::present);
      }
      Optional.ofNullable(before.remove(spec.name())).ifPresent(model::continues);
      wanted.put(spec.name(), model);
      if (model.problem.isEmpty()) {
        local.state(model.name(), stateWhileUnserved(model));
      }
      if (model.isAsWanted()) {
        // A change that failed and was taken back left it as it is wanted now.
        local.unchanged(model.name(), Optional.empty());
      }
    }
    for (WantedModel gone : before.values()) {
      local.withdraw(gone.name()).ifPresent(retired -> letGo(gone, retired));
    }
    summarise();
  }

  private static ModelState stateWhileUnserved(WantedModel model) {
    if (model.file.isEmpty()) {
      return new ModelState.Fetching();
    }
    return model.isOnDemand() && !model.demanded
        ? new ModelState.Available()
        : new ModelState.Loading();
  }

  /** Does one thing, the most urgent one; false if there is nothing to do for now. */
  private boolean step() throws InterruptedException {
    wanted.values().forEach(this::letGoIfIdle);
    for (WantedModel model : wanted.values()) {
      if (model.file.isEmpty() && mayTry(model)) {
        fetch(model);
      }
    }
    Optional<WantedModel> due =
        wanted.values().stream()
            .filter(model -> model.file.isPresent() && model.isDue() && mayTry(model))
            .filter(model -> !model.awaitsRoom)
            .min(Comparator.comparing(model -> !model.demanded));
    if (due.isPresent()) {
      load(due.get());
      return true;
    }
    Optional<WantedModel> unknown =
        wanted.values().stream()
            .filter(model -> model.file.isPresent() && !model.probed && !model.isDue())
            .findFirst();
    if (unknown.isPresent()) {
      getToKnow(unknown.get());
      return true;
    }
    return false;
  }

  private boolean mayTry(WantedModel model) {
    return model.problem.isEmpty()
        || model.demanded
        || nanoClock.getAsLong() - model.retryAtNanos >= 0;
  }

  private void letGoIfIdle(WantedModel model) {
    if (model.isOnDemand() && model.loaded.isPresent()) {
      local
          .withdrawUnused(model.name(), model.spec().idle())
          .ifPresent(
              retired -> {
                LOG.log(
                    Level.INFO,
                    "model {0} was not used for {1} s and is let go",
                    model.name(),
                    model.spec().idle().toSeconds());
                letGo(model, retired);
              });
    }
  }

  /** Its memory is given back when the last request that uses it has ended. */
  private void letGo(WantedModel model, RetiredModel retired) {
    Holdings.Holding holding = model.loaded.orElseThrow().holding();
    model.loaded = Optional.empty();
    close(retired, holding);
  }

  private void close(RetiredModel retired, Holdings.Holding holding) {
    holding.leaves();
    retired.closeWhenUnused(
        DRAIN_MAX,
        () -> {
          holding.release();
          freed();
        });
  }

  private void fetch(WantedModel model) {
    if (model.entry().isEmpty()) {
      String problem =
          "the bundle has no reference for catalogue entry %s: publish the policy again"
              .formatted(model.spec().catalogue());
      failed(model, problem, problem, RETRY);
      return;
    }
    switch (fetches.outcome(model.entry().get()).orElse(null)) {
      case null -> {
        if (!model.isBeingFetched) {
          model.isBeingFetched = true;
          local.state(model.name(), new ModelState.Fetching());
        }
      }
      case Outcome.Fetched(Path file) -> {
        model.isBeingFetched = false;
        model.file = Optional.of(file);
        model.problem = Optional.empty();
        local.state(model.name(), stateWhileUnserved(model));
      }
      case Outcome.Failed(String reason) -> {
        model.isBeingFetched = false;
        failed(model, reason, NOT_FETCHED, RETRY);
      }
    }
  }

  private void load(WantedModel model) throws InterruptedException {
    local.state(model.name(), new ModelState.Loading());
    try {
      ModelProbe.Question question = question(model);
      Claim claim = claim(model, probe.measure(question));
      if (makeRoom(model, claim)) {
        learn(model, probe.tryOut(question));
        serve(model, claim);
      }
    } catch (ModelUnusable | IOException | RuntimeException e) {
      failed(model, String.valueOf(e.getMessage()), NOT_LOADED, RETRY);
    }
  }

  private static ModelProbe.Question question(WantedModel model) throws IOException, ModelUnusable {
    GgufFiles files = model.files();
    return new ModelProbe.Question(
        files,
        model.isGiven() ? ModelProbe.identity(files.model()) : model.entry().orElseThrow().sha256(),
        model.spec().contextTokens(),
        model.spec().slots());
  }

  private static Claim claim(WantedModel model, ProbeReport report) throws IOException {
    return new Claim(model.name(), ModelFiles.Identity.of(model.file.orElseThrow()), report.need());
  }

  /**
   * Tries a model that is loaded on demand before somebody asks for it, so that its first request
   * waits for the load alone and {@code /v1/models} knows it. Without room for that it waits for
   * the request.
   */
  private void getToKnow(WantedModel model) throws InterruptedException {
    model.probed = true;
    try {
      ModelProbe.Question question = question(model);
      ProbeReport report = probe.measure(question);
      if (budget.fits(claim(model, report), holdings.all())) {
        report = probe.tryOut(question);
      }
      learn(model, report);
    } catch (ModelUnusable | IOException | RuntimeException e) {
      failed(model, String.valueOf(e.getMessage()), NOT_LOADED, RETRY);
    }
  }

  private void learn(WantedModel model, ProbeReport report) {
    model.probed = true;
    report
        .trial()
        .ifPresent(
            trial ->
                local.facts(
                    model.name(),
                    new ModelFacts(
                        trial.requestTokensMax(), trial.abilities(), report.need().totalBytes())));
  }

  /**
   * Whether there is room. If not, those who may go are let go, and the model's turn comes again
   * when one of them has gone.
   */
  private boolean makeRoom(WantedModel model, Claim claim) {
    if (budget.fits(claim, holdings.all())) {
      return true;
    }
    switch (budget.decide(claim, holdings.staying(), expendable(model))) {
      case MemoryBudget.Verdict.Fits(List<Claim> letGo) -> {
        model.awaitsRoom = true;
        letGo.forEach(gone -> letGoForRoom(model, gone));
      }
      case MemoryBudget.Verdict.Refused(String figures) -> {
        model.tooLarge = true;
        failed(model, figures, figures, Duration.ZERO);
      }
    }
    return false;
  }

  /** Unused models that are loaded on demand, the longest unused first; then the one replaced. */
  private List<Claim> expendable(WantedModel model) {
    List<WantedModel> unused = new ArrayList<>();
    for (WantedModel other : wanted.values()) {
      if (other != model
          && other.isOnDemand()
          && other.loaded.isPresent()
          && local.unusedFor(other.name()).isPresent()) {
        unused.add(other);
      }
    }
    unused.sort(
        Comparator.comparing(
            (WantedModel other) -> local.unusedFor(other.name()).orElse(Duration.ZERO),
            Comparator.reverseOrder()));
    unused.add(model);
    return unused.stream()
        .map(other -> other.loaded)
        .flatMap(Optional::stream)
        .map(loaded -> loaded.holding().claim())
        .toList();
  }

  /**
   * Lets one go for another, or for what replaces it. What is replaced is loaded again even if
   * nobody waits for it at this moment: requests wait for a model that says it is loading, and do
   * not ask for it.
   */
  private void letGoForRoom(WantedModel newcomer, Claim claim) {
    WantedModel model = wanted.get(claim.model());
    Optional<RetiredModel> retired;
    if (model == newcomer) {
      model.demanded = true;
      retired = local.withdraw(model.name(), new ModelState.Loading());
    } else {
      retired = local.withdrawUnused(model.name(), Duration.ZERO);
    }
    if (retired.isPresent()) {
      LOG.log(Level.INFO, "model {0} is let go to make room", model.name());
      letGo(model, retired.get());
    } else {
      // Somebody has begun to use it in this moment: decide again.
      freed();
    }
  }

  private void serve(WantedModel model, Claim claim) throws ModelUnusable {
    long start = System.nanoTime();
    GgufFiles parts = model.files();
    Holdings.Holding holding = holdings.hold(claim);
    ServedModel served;
    try {
      served =
          files.load(
              model.name(),
              parts,
              EngineOptions.of(model.spec().contextTokens(), model.spec().slots()));
    } catch (RuntimeException e) {
      holding.release();
      throw e;
    }
    int soFar = loads;
    loads = soFar + 1;
    Optional<WantedModel.Loaded> before = model.loaded;
    model.loaded = Optional.of(new WantedModel.Loaded(model.recipe(), holding));
    model.demanded = false;
    model.problem = Optional.empty();
    model.tooLarge = false;
    Optional<RetiredModel> replaced = local.serve(served);
    LOG.log(
        Level.INFO,
        "model {0} loaded in {1} ms, {2}",
        model.name(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
        MemoryBudget.text(claim.need().totalBytes()));
    replaced.ifPresent(old -> close(old, before.orElseThrow().holding()));
  }

  /**
   * Notes a failure.
   *
   * @param problem what the operator reads, with the paths and what a process wrote
   * @param forClients what clients read, without them
   * @param requestsWait how long requests are told of it without another try
   */
  private void failed(WantedModel model, String problem, String forClients, Duration requestsWait) {
    Level level = model.problem.equals(Optional.of(problem)) ? Level.DEBUG : Level.ERROR;
    LOG.log(level, "model {0} cannot be served: {1}", model.name(), problem);
    model.problem = Optional.of(problem);
    model.demanded = false;
    model.retryAtNanos = nanoClock.getAsLong() + RETRY.toNanos();
    if (model.loaded.isPresent()) {
      local.unchanged(model.name(), Optional.of(forClients));
    } else {
      local.state(model.name(), new ModelState.Failed(forClients, requestsWait));
    }
  }

  private void summarise() {
    Map<String, String> problems = new LinkedHashMap<>();
    boolean ready = true;
    boolean settled = true;
    for (WantedModel model : wanted.values()) {
      model.problem.ifPresent(problem -> problems.put(model.name(), problem));
      boolean serves = model.isAsWanted() || model.isOnDemand();
      ready &= serves;
      settled &= serves || model.tooLarge;
    }
    summary = new Summary(ready, List.copyOf(wanted.keySet()), Map.copyOf(problems));
    if (settled) {
      firstLoad.countDown();
    }
  }

  /** What is served must be closed before what it needs is. */
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
