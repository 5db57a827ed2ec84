package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.lifecycle.ModelFetches.Outcome;
import dev.freehold.lifecycle.WantedModel.Setback;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetcher;
import dev.freehold.provider.GgufFiles;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelFacts;
import dev.freehold.provider.ModelFiles;
import dev.freehold.provider.ModelState;
import dev.freehold.provider.RetiredModel;
import dev.freehold.provider.ServedModel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

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

  /** A model that could not be had is tried again after this time. */
  static final Duration RETRY = Duration.ofSeconds(30);

  /** It looks again after this time at the least, even if it was due before. */
  private static final Duration LOOK_MIN = Duration.ofMillis(1);

  /** It looks again after this time even if nothing has happened and nothing is due. */
  private static final Duration LOOK_MAX = Duration.ofHours(1);

  /** What clients are told; the operator is told more, by the log and the status. */
  private static final String NOT_LOADED =
      "this box could not load the model: ask its operator, whom 'freehold status' tells why";

  private static final String NOT_FETCHED =
      "this box could not fetch the model's file: ask its operator, whom 'freehold status' tells"
          + " why";

  private final LocalProvider local;
  private final ModelFetches fetches;
  private final ModelProbe probe;
  private final GivenFiles given;
  private final LongSupplier nanoClock;
  private final Holdings holdings = new Holdings();
  private final ModelFiles files = new ModelFiles();
  private final LoaderInbox inbox = new LoaderInbox();
  private final LoaderRoom room;
  private final LoaderStatus status;
  private final Thread thread =
      Thread.ofPlatform().name("freehold-models").daemon(true).unstarted(this::work);

  /* The loader's thread's own. */
  private final Map<String, WantedModel> wanted = new LinkedHashMap<>();

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
    this.fetches = new ModelFetches(cache, fetcher, inbox::wake);
    this.probe = probe;
    this.given = given;
    this.nanoClock = nanoClock;
    this.room = new LoaderRoom(local, budget, holdings, inbox);
    this.status = new LoaderStatus(local, budget, holdings, files);
  }

  void start() {
    local.onDemand(inbox::demand);
    thread.start();
  }

  /**
   * Lets requests wait for models that {@link #want} will ask for in a moment: to be called before
   * anybody may ask for them.
   */
  void announce(Collection<ModelSpec> models) {
    models.forEach(model -> local.announce(model.name()));
  }

  /**
   * Says which models the bundle in force asks for. Returns at once; the last call wins.
   *
   * @param entries what the bundle says of their files, by the catalogue's names
   */
  void want(List<ModelSpec> models, Map<String, CatalogueEntry> entries) {
    inbox.want(new LoaderInbox.Wish(models, entries));
  }

  /** Lets the loader look at everything again. */
  void wake() {
    inbox.wake();
  }

  /** How far it has come, for any thread. */
  LoaderStatus status() {
    return status;
  }

  private void work() {
    try {
      boolean busy = false;
      while (true) {
        take(busy);
        busy = step();
        status.report(wanted.values());
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
    LoaderInbox.News news = inbox.take(busy ? Duration.ZERO : untilDue());
    news.wish().ifPresent(this::adopt);
    for (WantedModel model : wanted.values()) {
      model.demanded |= news.demands().contains(model.name()) && !model.isAsWanted();
      model.awaitsRoom &= !news.memoryFreed();
    }
  }

  /** Until a model may be tried again or has been unused for too long. */
  private Duration untilDue() {
    long now = nanoClock.getAsLong();
    long nanos = LOOK_MAX.toNanos();
    for (WantedModel model : wanted.values()) {
      // A fetch and room that was made both report when they are there.
      boolean reports = model.isBeingFetched || model.awaitsRoom;
      if (model.setback.isPresent() && !reports && (model.isDue() || model.file.isEmpty())) {
        nanos = Math.min(nanos, model.setback.get().retryAtNanos() - now);
      }
      if (model.isOnDemand() && model.loaded.isPresent()) {
        Duration unused = local.unusedFor(model.name()).orElse(Duration.ZERO);
        nanos = Math.min(nanos, model.spec().idle().minus(unused).toNanos());
      }
    }
    return Duration.ofNanos(Math.max(LOOK_MIN.toNanos(), nanos));
  }

  private void adopt(LoaderInbox.Wish wish) {
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
      if (model.setback.isEmpty()) {
        local.state(model.name(), model.stateWhileUnserved());
      }
      if (model.isAsWanted()) {
        // A change that failed and was taken back left it as it is wanted now.
        local.unchanged(model.name(), Optional.empty());
      }
    }
    for (WantedModel gone : before.values()) {
      local.withdraw(gone.name()).ifPresent(retired -> room.letGo(gone, retired));
    }
    status.report(wanted.values());
  }

  /** Does one thing, the most urgent one; false if there is nothing to do for now. */
  private boolean step() throws InterruptedException {
    long now = nanoClock.getAsLong();
    wanted.values().forEach(room::letGoIfIdle);
    for (WantedModel model : wanted.values()) {
      if (model.file.isEmpty() && model.mayBeTried(now)) {
        fetch(model);
      }
    }
    Optional<WantedModel> due =
        wanted.values().stream()
            .filter(model -> model.file.isPresent() && model.isDue() && !model.awaitsRoom)
            .filter(model -> model.mayBeTried(now))
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

  private void fetch(WantedModel model) {
    if (model.entry().isEmpty()) {
      String problem =
          "the bundle has no reference for catalogue entry %s: publish the policy again"
              .formatted(model.spec().catalogue());
      failed(model, problem, problem);
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
        model.setback = Optional.empty();
        local.state(model.name(), model.stateWhileUnserved());
      }
      case Outcome.Failed(String reason) -> {
        model.isBeingFetched = false;
        failed(model, reason, NOT_FETCHED);
      }
    }
  }

  private void load(WantedModel model) throws InterruptedException {
    local.state(model.name(), new ModelState.Loading());
    try {
      ModelProbe.Question question = model.question();
      Claim claim = model.claim(probe.measure(question));
      switch (room.make(model, claim, wanted)) {
        case LoaderRoom.Answer.Enough() -> {
          learn(model, probe.tryOut(question));
          serve(model, claim);
        }
        // Its turn comes again when one of the others has gone.
        case LoaderRoom.Answer.Soon() -> model.awaitsRoom = true;
        case LoaderRoom.Answer.Refused(String figures) -> refused(model, figures);
      }
    } catch (ModelUnusable | IOException | RuntimeException e) {
      failed(model, String.valueOf(e.getMessage()), NOT_LOADED);
    }
  }

  /**
   * Tries a model that is loaded on demand before somebody asks for it, so that its first request
   * waits for the load alone and {@code /v1/models} knows it. Without room for that it waits for
   * the request.
   */
  private void getToKnow(WantedModel model) throws InterruptedException {
    model.probed = true;
    try {
      ModelProbe.Question question = model.question();
      ProbeReport report = probe.measure(question);
      if (room.fits(model.claim(report))) {
        report = probe.tryOut(question);
      }
      learn(model, report);
    } catch (ModelUnusable | IOException | RuntimeException e) {
      failed(model, String.valueOf(e.getMessage()), NOT_LOADED);
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

  private void serve(WantedModel model, Claim claim) throws ModelUnusable {
    long start = System.nanoTime();
    GgufFiles parts = model.files();
    Holdings.Holding holding = holdings.hold(claim);
    ServedModel served;
    try {
      served = files.load(model.name(), parts, model.engineOptions());
    } catch (RuntimeException e) {
      holding.release();
      throw e;
    }
    status.loaded();
    Optional<WantedModel.Loaded> before = model.loaded;
    model.loaded = Optional.of(new WantedModel.Loaded(model.recipe(), holding));
    model.demanded = false;
    model.setback = Optional.empty();
    Optional<RetiredModel> replaced = local.serve(served);
    LOG.log(
        Level.INFO,
        "model {0} loaded in {1} ms, {2}",
        model.name(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
        MemoryBudget.text(claim.need().totalBytes()));
    replaced.ifPresent(old -> room.letGo(old, before.orElseThrow().holding()));
  }

  /** The budget has no room for it: the next request may try again at once. */
  private void refused(WantedModel model, String figures) {
    setBack(model, setback(figures, true), new ModelState.Failed(figures, Duration.ZERO));
  }

  /**
   * Notes a failure.
   *
   * @param problem what the operator reads, with the paths and what a process wrote
   * @param forClients what clients read, without them
   */
  private void failed(WantedModel model, String problem, String forClients) {
    setBack(model, setback(problem, false), new ModelState.Failed(forClients, RETRY));
  }

  private Setback setback(String problem, boolean forWantOfRoom) {
    return new Setback(problem, forWantOfRoom, nanoClock.getAsLong() + RETRY.toNanos());
  }

  private void setBack(WantedModel model, Setback setback, ModelState.Failed state) {
    boolean isKnown = model.setback.map(Setback::problem).equals(Optional.of(setback.problem()));
    Level level = isKnown ? Level.DEBUG : Level.ERROR;
    LOG.log(level, "model {0} cannot be served: {1}", model.name(), setback.problem());
    model.setback = Optional.of(setback);
    model.demanded = false;
    // Clients are sent to the operator, whom the status must tell by then.
    status.report(wanted.values());
    if (model.loaded.isPresent()) {
      local.unchanged(model.name(), Optional.of(state.problem()));
    } else {
      local.state(model.name(), state);
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
