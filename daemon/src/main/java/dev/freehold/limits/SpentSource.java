package dev.freehold.limits;

import dev.freehold.store.Spent;
import java.time.Instant;
import java.util.List;

/** Where budgets learn what was spent before: {@code ledger::spentSince}. */
@FunctionalInterface
public interface SpentSource {

  /** What requests that arrived at that time or later cost. */
  List<Spent> spentSince(Instant from) throws InterruptedException;
}
