package dev.freehold.provider;

import java.util.Optional;

/** One model that this box was told to serve. Its provider's lock guards it. */
final class LocalModel {

  /** What serves, if anything does. */
  Tenure tenure;

  /** Where it stands while nothing serves. */
  ModelState state;

  /** A change that could not be made to a model that serves. */
  Optional<String> unchanged = Optional.empty();

  Optional<ModelFacts> facts = Optional.empty();

  /** Counts the times that it failed, so that a request sees that it did while it waited. */
  long failures;

  /** When the state became what it is. */
  long sinceNanos;

  /** Whether it has been asked for in this state. */
  boolean demanded;

  LocalModel(ModelState state, long nowNanos) {
    become(state, nowNanos);
  }

  void become(ModelState next, long nowNanos) {
    state = next;
    sinceNanos = nowNanos;
    demanded = false;
    if (next instanceof ModelState.Failed) {
      failures++;
    }
  }

  ModelStatus status() {
    if (tenure != null) {
      ServedModel model = tenure.model();
      return new ModelStatus(
          ModelStatus.Stage.LOADED,
          Optional.of(
              new ModelFacts(
                  model.requestTokensMax(),
                  model.abilities(),
                  facts.map(ModelFacts::memoryBytes).orElse(0L))),
          unchanged,
          tenure.leases());
    }
    return switch (state) {
      case ModelState.Available _ -> waiting(ModelStatus.Stage.AVAILABLE, Optional.empty());
      case ModelState.Fetching _ -> waiting(ModelStatus.Stage.FETCHING, Optional.empty());
      case ModelState.Loading _ -> waiting(ModelStatus.Stage.LOADING, Optional.empty());
      case ModelState.Failed failed ->
          waiting(ModelStatus.Stage.FAILED, Optional.of(failed.problem()));
    };
  }

  private ModelStatus waiting(ModelStatus.Stage stage, Optional<String> problem) {
    return new ModelStatus(stage, facts, problem, 0);
  }
}
