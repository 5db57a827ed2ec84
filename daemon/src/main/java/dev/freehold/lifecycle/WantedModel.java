package dev.freehold.lifecycle;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.engine.EngineOptions;
import dev.freehold.provider.GgufFiles;
import dev.freehold.provider.ModelFiles;
import dev.freehold.provider.ModelState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** One model of the bundle in force, and how far the loader has come with it: the loader's own. */
final class WantedModel {

  /** What makes a loaded model the one that is wanted; a change of anything else needs no load. */
  record Recipe(
      String source,
      Optional<Path> projector,
      Optional<Path> adapter,
      int contextTokens,
      int slots) {}

  /** What is loaded under the model's name. */
  record Loaded(Recipe recipe, Holdings.Holding holding) {}

  /**
   * A try that failed.
   *
   * @param problem why, for the operator
   * @param forWantOfRoom whether the budget has no room for it
   * @param retryAtNanos when it may be tried again unasked, by the loader's clock
   */
  record Setback(String problem, boolean forWantOfRoom, long retryAtNanos) {}

  private final ModelSpec spec;
  private final Optional<CatalogueEntry> entry;
  private final Optional<Path> given;
  private final Optional<Path> projector;
  private final Optional<Path> adapter;

  /** Where its file is, once it is here. */
  Optional<Path> file;

  Optional<Loaded> loaded = Optional.empty();

  /** Whether its file is on its way, perhaps after a {@link #setback}. */
  boolean isBeingFetched;

  /** Whether somebody waits for it. */
  boolean demanded;

  /** Whether it has been tried in a probe process, or that could not be done for now. */
  boolean probed;

  /** Whether others were let go to make room, which takes a moment. */
  boolean awaitsRoom;

  /** How the last try failed. */
  Optional<Setback> setback = Optional.empty();

  /**
   * A model that nothing has been done for.
   *
   * @param entry what the bundle says of its file
   * @param given what the operator gave, instead of the bundle's file and beside it
   */
  WantedModel(ModelSpec spec, Optional<CatalogueEntry> entry, GivenFiles given) {
    this.spec = spec;
    this.entry = entry;
    this.given = given.model(spec);
    this.projector = given.projector(spec);
    this.adapter = given.adapter(spec);
    this.file = this.given;
  }

  String name() {
    return spec.name();
  }

  ModelSpec spec() {
    return spec;
  }

  Optional<CatalogueEntry> entry() {
    return entry;
  }

  /**
   * What its probe is asked.
   *
   * @throws ModelUnusable if a file that the policy wants was not given
   */
  ModelProbe.Question question() throws IOException, ModelUnusable {
    GgufFiles files = files();
    return new ModelProbe.Question(
        files,
        given.isPresent() ? ModelProbe.identity(files.model()) : entry.orElseThrow().sha256(),
        spec.contextTokens(),
        spec.slots());
  }

  /** How its engine is started. */
  EngineOptions engineOptions() {
    return EngineOptions.of(spec.contextTokens(), spec.slots());
  }

  /** What it takes of the memory, as its probe measured it. */
  Claim claim(ProbeReport report) throws IOException {
    return new Claim(name(), ModelFiles.Identity.of(file.orElseThrow()), report.need());
  }

  /**
   * All its files.
   *
   * @throws ModelUnusable if one that the policy wants was not given
   */
  GgufFiles files() throws ModelUnusable {
    if (spec.adapter().isPresent() && adapter.isEmpty()) {
      throw new ModelUnusable(
          "the policy wants the adapter %s: give its file with serve --adapter %s=PATH"
              .formatted(spec.adapter().get(), spec.adapter().get()));
    }
    return new GgufFiles(file.orElseThrow(), projector, adapter);
  }

  boolean isOnDemand() {
    return spec.load() == ModelSpec.Load.DEMAND;
  }

  Recipe recipe() {
    return new Recipe(
        given
            .map(Path::toString)
            .or(() -> entry.map(CatalogueEntry::sha256))
            .orElse("no file of " + spec.catalogue()),
        projector,
        adapter,
        spec.contextTokens(),
        spec.slots());
  }

  /** Whether what is loaded is what is wanted. */
  boolean isAsWanted() {
    return loaded.isPresent() && loaded.get().recipe().equals(recipe());
  }

  /**
   * Whether it should be loaded now: at the start, because it changed, or because it is asked for.
   */
  boolean isDue() {
    return !isAsWanted() && (!isOnDemand() || loaded.isPresent() || demanded);
  }

  /** Whether nothing has failed, or long enough ago, or somebody asks for it all the same. */
  boolean mayBeTried(long nowNanos) {
    return setback.isEmpty() || demanded || nowNanos - setback.get().retryAtNanos() >= 0;
  }

  /** What requests are told as long as nothing has failed. */
  ModelState stateWhileUnserved() {
    if (file.isEmpty()) {
      return new ModelState.Fetching();
    }
    return isOnDemand() && !demanded ? new ModelState.Available() : new ModelState.Loading();
  }

  /** Takes over what an earlier wish has reached for a model of this name. */
  void continues(WantedModel before) {
    loaded = before.loaded;
    demanded = before.demanded;
    if (before.recipe().equals(recipe())) {
      file = before.file;
      isBeingFetched = before.isBeingFetched;
      probed = before.probed;
      awaitsRoom = before.awaitsRoom;
      setback = before.setback;
    }
  }
}
