package dev.freehold.provider;

import dev.freehold.engine.EngineLoad;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The models of this box as a provider. Which models are served may change while it runs: a request
 * keeps the model that prepared it until it has ended, and one that meets a model that is not
 * loaded asks for it and waits, so that replacing, letting go and loading on demand fail nobody.
 */
public final class LocalProvider implements Provider, LocalModels {

  /** A request waits so long for its model, apart from what its deadline leaves for the answer. */
  static final Duration LOAD_WAIT_MAX = Duration.ofMinutes(5);

  private static final Duration RETRY_SOON = Duration.ofSeconds(2);
  private static final Duration RETRY_FETCHED = Duration.ofSeconds(10);

  private final String name;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /* Guarded by the lock. */
  private final Map<String, LocalModel> models = new LinkedHashMap<>();
  private Consumer<String> demand = _ -> {};

  public LocalProvider(String name) {
    this(name, System::nanoTime);
  }

  /**
   * @param nanoClock tells how long a model has not been used
   */
  public LocalProvider(String name, LongSupplier nanoClock) {
    this.name = Objects.requireNonNull(name, "name");
    this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
  }

  @Override
  public String name() {
    return name;
  }

  /**
   * Names who is told of each model that somebody waits for.
   *
   * @param listener called on requests' threads, under this provider's lock: it must not wait
   */
  public void onDemand(Consumer<String> listener) {
    locked(() -> demand = Objects.requireNonNull(listener, "listener"));
  }

  /** Says where a model stands that is not served; one that is served stays so. */
  public void state(String model, ModelState state) {
    locked(
        () -> {
          LocalModel known = models.get(model);
          if (known == null) {
            models.put(model, new LocalModel(state, nanoClock.getAsLong()));
          } else {
            known.become(state, nanoClock.getAsLong());
          }
          changed.signalAll();
        });
  }

  /** Lets requests wait for a model that is not known yet and will be in a moment. */
  public void announce(String model) {
    locked(
        () ->
            models.computeIfAbsent(
                model, _ -> new LocalModel(new ModelState.Loading(), nanoClock.getAsLong())));
  }

  /** Says what is known of a model. */
  public void facts(String model, ModelFacts facts) {
    locked(
        () ->
            Optional.ofNullable(models.get(model))
                .ifPresent(known -> known.facts = Optional.of(facts)));
  }

  /** Says why a model that is served was not changed as it should have been. */
  public void unchanged(String model, Optional<String> problem) {
    locked(
        () -> Optional.ofNullable(models.get(model)).ifPresent(known -> known.unchanged = problem));
  }

  /** Serves a model under its name; returns the one it replaces, for the caller to close. */
  public Optional<RetiredModel> serve(ServedModel model) {
    lock.lock();
    try {
      LocalModel known =
          models.computeIfAbsent(
              model.name(), _ -> new LocalModel(new ModelState.Loading(), nanoClock.getAsLong()));
      Optional<RetiredModel> replaced = retire(known);
      known.tenure = new Tenure(model, nanoClock);
      known.unchanged = Optional.empty();
      changed.signalAll();
      return replaced;
    } finally {
      lock.unlock();
    }
  }

  /** Stops offering a model altogether; the caller closes it. */
  public Optional<RetiredModel> withdraw(String model) {
    lock.lock();
    try {
      LocalModel known = models.remove(model);
      changed.signalAll();
      return known == null ? Optional.empty() : retire(known);
    } finally {
      lock.unlock();
    }
  }

  /** Stops serving a model that stays on offer; the caller closes it. */
  public Optional<RetiredModel> withdraw(String model, ModelState next) {
    lock.lock();
    try {
      LocalModel known = models.get(model);
      if (known == null) {
        return Optional.empty();
      }
      known.become(next, nanoClock.getAsLong());
      changed.signalAll();
      return retire(known);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops serving a model that nobody uses, to be loaded again when somebody asks for it.
   *
   * @param unusedFor for how long nobody has used it, at least
   */
  public Optional<RetiredModel> withdrawUnused(String model, Duration unusedFor) {
    lock.lock();
    try {
      Optional<Duration> unused = unusedFor(model);
      return unused.isPresent() && unused.get().compareTo(unusedFor) >= 0
          ? withdraw(model, new ModelState.Available())
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** How long a model that is served has not been used; empty while it is. */
  public Optional<Duration> unusedFor(String model) {
    lock.lock();
    try {
      LocalModel known = models.get(model);
      return known == null || known.tenure == null || known.tenure.leases() > 0
          ? Optional.empty()
          : Optional.of(Duration.ofNanos(nanoClock.getAsLong() - known.tenure.lastUsedNanos()));
    } finally {
      lock.unlock();
    }
  }

  private static Optional<RetiredModel> retire(LocalModel model) {
    Optional<RetiredModel> retired = Optional.ofNullable(model.tenure).map(RetiredModel::new);
    model.tenure = null;
    return retired;
  }

  /** What is being served. */
  public List<ServedModel> models() {
    lock.lock();
    try {
      List<ServedModel> served = new ArrayList<>();
      for (LocalModel model : models.values()) {
        if (model.tenure != null) {
          served.add(model.tenure.model());
        }
      }
      return served;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<ModelStatus> status(String model) {
    lock.lock();
    try {
      return Optional.ofNullable(models.get(model)).map(LocalModel::status);
    } finally {
      lock.unlock();
    }
  }

  /** The longest wait among the models: what a request would meet at worst. */
  @Override
  public double queueSeconds() {
    return models().stream()
        .map(ServedModel::load)
        .mapToDouble(EngineLoad::queueSeconds)
        .max()
        .orElse(0);
  }

  @Override
  public PreparedPrompt prepare(InferenceRequest request) throws InferenceException {
    Lease lease = leaseNow(request.model()).orElseThrow(LocalProvider::notLoaded);
    return prepare(lease, request);
  }

  @Override
  public PreparedPrompt prepareLoaded(InferenceRequest request, Instant deadline)
      throws InferenceException, InterruptedException {
    return prepare(awaitLease(request.model(), deadline, () -> false), request);
  }

  /**
   * Takes the lease over: it ends with the result, or here if there is none.
   *
   * @throws InferenceException also if the model is of another kind than the request
   */
  LocalPrompt prepare(Lease lease, InferenceRequest request) throws InferenceException {
    boolean prepared = false;
    try {
      requireKind(lease.model(), Ability.of(request.prompt()));
      LocalPrompt result = new LocalPrompt(lease, lease.model().prepare(request));
      prepared = true;
      return result;
    } finally {
      if (!prepared) {
        lease.close();
      }
    }
  }

  /**
   * A model writes text, makes vectors or scores documents, and no two of these: here alone this is
   * looked at. Which of the things that are asked of text a model can do, it says itself.
   */
  private void requireKind(ServedModel model, Ability wanted) throws InferenceException {
    boolean writesText = model.abilities().contains(Ability.COMPLETION);
    boolean fits = wanted.isOfText() ? writesText : model.abilities().contains(wanted);
    if (!fits) {
      throw wrongKind(model, wanted);
    }
  }

  private InferenceException wrongKind(ServedModel model, Ability wanted) {
    String does =
        model.abilities().contains(Ability.EMBEDDINGS)
            ? "makes vectors of texts"
            : model.abilities().contains(Ability.RERANK) ? "scores documents" : "answers chats";
    List<String> able = able(wanted);
    return new InferenceException(
        Kind.UNSUPPORTED,
        "the model '%s' %s; %s"
            .formatted(
                model.name(),
                does,
                able.isEmpty()
                    ? "this box has no model for %s".formatted(wanted.text())
                    : "for %s ask: %s".formatted(wanted.text(), String.join(", ", able))));
  }

  private List<String> able(Ability wanted) {
    lock.lock();
    try {
      return models.entrySet().stream()
          .filter(
              known ->
                  known.getValue().status().facts().stream()
                      .anyMatch(facts -> facts.abilities().contains(wanted)))
          .map(Map.Entry::getKey)
          .sorted()
          .toList();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Vocabulary vocabulary(String model, Instant deadline)
      throws InferenceException, InterruptedException {
    return new LocalVocabulary(awaitLease(model, deadline, () -> false));
  }

  @Override
  public InferenceStream infer(Attempt attempt) {
    return new LocalAnswer(this, attempt);
  }

  private Optional<Lease> leaseNow(String model) {
    lock.lock();
    try {
      LocalModel known = models.get(model);
      return known == null || known.tenure == null
          ? Optional.empty()
          : Optional.of(known.tenure.lease());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a model serves, asking for it where it is loaded on demand.
   *
   * @param ended whether the request has been ended meanwhile; {@link #wakeWaiting} makes it looked
   *     at
   */
  Lease awaitLease(String wanted, Instant deadline, BooleanSupplier ended)
      throws InferenceException, InterruptedException {
    Duration untilDeadline = Duration.between(Instant.now(), deadline);
    Duration patience = untilDeadline.compareTo(LOAD_WAIT_MAX) < 0 ? untilDeadline : LOAD_WAIT_MAX;
    long leftNanos = patience.toNanos();
    lock.lockInterruptibly();
    try {
      long failuresBefore = Optional.ofNullable(models.get(wanted)).map(m -> m.failures).orElse(0L);
      while (true) {
        if (ended.getAsBoolean()) {
          throw new InferenceException(Kind.CANCELLED, "the request was ended while it waited");
        }
        LocalModel model = models.get(wanted);
        if (model == null) {
          throw notLoaded();
        }
        if (model.tenure != null) {
          return model.tenure.lease();
        }
        refuseIfHopeless(model, failuresBefore);
        if (!model.demanded && !(model.state instanceof ModelState.Loading)) {
          model.demanded = true;
          demand.accept(wanted);
        }
        if (leftNanos <= 0) {
          throw stillLoading();
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void refuseIfHopeless(LocalModel model, long failuresBefore) throws InferenceException {
    switch (model.state) {
      case ModelState.Available _, ModelState.Loading _ -> {}
      case ModelState.Fetching _ ->
          throw new InferenceException(
              Kind.UNAVAILABLE,
              "the model's file is still being fetched: try again later",
              Optional.of(RETRY_FETCHED),
              null);
      case ModelState.Failed failed -> {
        Duration left = failed.retryAfter().minusNanos(nanoClock.getAsLong() - model.sinceNanos);
        if (left.isPositive() || model.failures > failuresBefore) {
          throw new InferenceException(
              Kind.UNAVAILABLE,
              failed.problem(),
              Optional.of(left.compareTo(RETRY_SOON) > 0 ? left : RETRY_SOON),
              null);
        }
      }
    }
  }

  /** Lets every waiting request look again whether it has been ended. */
  void wakeWaiting() {
    locked(changed::signalAll);
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  private static InferenceException notLoaded() {
    return new InferenceException(
        Kind.UNAVAILABLE,
        "the model is not loaded yet: try again in a moment",
        Optional.of(RETRY_SOON),
        null);
  }

  private static InferenceException stillLoading() {
    return new InferenceException(
        Kind.UNAVAILABLE,
        "the model is still loading: try again in a moment",
        Optional.of(RETRY_SOON),
        null);
  }

  /** A prompt that one model has prepared, with the right to use that model. */
  record LocalPrompt(Lease lease, ModelPrompt prompt) implements PreparedPrompt {

    @Override
    public int tokens() {
      return prompt.tokens();
    }

    @Override
    public void close() {
      prompt.close();
      lease.close();
    }
  }
}
