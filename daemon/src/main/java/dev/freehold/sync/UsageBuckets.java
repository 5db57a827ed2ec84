package dev.freehold.sync;

import dev.freehold.bundle.uplink.UsageBucket;
import java.time.Instant;
import java.util.List;

/** The ledger, as far as the heartbeat asks it. */
@FunctionalInterface
public interface UsageBuckets {

  /**
   * The sums of the first hours that have any usage, not before {@code hour}, the oldest hour
   * first. Each hour is whole: all its buckets, each with everything that was recorded so far.
   *
   * @param hours how many hours at most; fewer only if there are no more
   */
  List<UsageBucket> from(Instant hour, int hours) throws InterruptedException;
}
