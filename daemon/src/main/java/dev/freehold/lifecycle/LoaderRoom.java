package dev.freehold.lifecycle;

import dev.freehold.lifecycle.Holdings.Holding;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelState;
import dev.freehold.provider.RetiredModel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The memory that the loader has for models: who holds it, and who is let go for another. The
 * loader's thread's own; that memory is free again is told by way of the inbox.
 */
final class LoaderRoom {

  private static final Logger LOG = System.getLogger(LoaderRoom.class.getName());

  /** How long the requests of a model that is no longer wanted may go on. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(60);

  /** Whether a model has room. */
  sealed interface Answer {

    /** It has. */
    record Enough() implements Answer {}

    /** Others have been let go, which takes a moment: the inbox tells when one has gone. */
    record Soon() implements Answer {}

    /** It cannot have it; the figures say why. */
    record Refused(String figures) implements Answer {}
  }

  private final LocalProvider local;
  private final MemoryBudget budget;
  private final Holdings holdings;
  private final LoaderInbox inbox;

  LoaderRoom(LocalProvider local, MemoryBudget budget, Holdings holdings, LoaderInbox inbox) {
    this.local = local;
    this.budget = budget;
    this.holdings = holdings;
    this.inbox = inbox;
  }

  /** Whether a model has room without anybody's going. */
  boolean fits(Claim claim) {
    return budget.fits(claim, holdings.all());
  }

  /** Lets those go who may, if there is no room for a model without that. */
  Answer make(WantedModel model, Claim claim, Map<String, WantedModel> wanted) {
    if (fits(claim)) {
      return new Answer.Enough();
    }
    return switch (budget.decide(claim, holdings.staying(), expendable(model, wanted.values()))) {
      case MemoryBudget.Verdict.Fits(List<Claim> going) -> {
        going.forEach(gone -> letGoFor(model, wanted.get(gone.model())));
        yield new Answer.Soon();
      }
      case MemoryBudget.Verdict.Refused(String figures) -> new Answer.Refused(figures);
    };
  }

  /** Unused models that are loaded on demand, the longest unused first; then the one replaced. */
  private List<Claim> expendable(WantedModel model, Collection<WantedModel> wanted) {
    record Unused(WantedModel model, Duration time) {}

    Stream<WantedModel> unused =
        wanted.stream()
            .filter(other -> other != model && other.isOnDemand())
            .flatMap(
                other ->
                    local.unusedFor(other.name()).map(time -> new Unused(other, time)).stream())
            .sorted(Comparator.comparing(Unused::time).reversed())
            .map(Unused::model);
    return Stream.concat(unused, Stream.of(model))
        .flatMap(other -> other.loaded.stream())
        .map(loaded -> loaded.holding().claim())
        .toList();
  }

  /**
   * Lets one go for another, or for what replaces it. What is replaced is loaded again even if
   * nobody waits for it at this moment: requests wait for a model that says it is loading, and do
   * not ask for it.
   */
  private void letGoFor(WantedModel newcomer, WantedModel model) {
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
      inbox.freed();
    }
  }

  /** Lets a model go that is loaded on demand and that nobody has used for long enough. */
  void letGoIfIdle(WantedModel model) {
    if (model.isOnDemand() && model.loaded.isPresent()) {
      Duration idle = model.spec().idle();
      local
          .withdrawUnused(model.name(), idle)
          .ifPresent(
              retired -> {
                LOG.log(
                    Level.INFO,
                    "model {0} was not used for {1} s and is let go",
                    model.name(),
                    idle.toSeconds());
                letGo(model, retired);
              });
    }
  }

  /** Its memory is given back when the last request that uses it has ended. */
  void letGo(WantedModel model, RetiredModel retired) {
    Holding holding = model.loaded.orElseThrow().holding();
    model.loaded = Optional.empty();
    letGo(retired, holding);
  }

  /** As {@link #letGo(WantedModel, RetiredModel)}, where another serves under its name already. */
  void letGo(RetiredModel retired, Holding holding) {
    holding.leaves();
    retired.closeWhenUnused(
        DRAIN_MAX,
        () -> {
          holding.release();
          inbox.freed();
        });
  }
}
