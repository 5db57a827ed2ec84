package dev.freehold.limits;

import java.util.Arrays;

/**
 * How much was counted in the last minute: a sliding window log, the algorithm that keeps the time
 * of everything that counts. Unlike a token bucket or a fixed window, which let through up to twice
 * the limit around a border, it never admits more than the limit in <em>any</em> minute, and knows
 * to the instant when there is room again.
 *
 * <p>What comes within one {@link #TICK_NANOS tick} shares an entry that leaves with the youngest
 * of it, which bounds the log at {@link #ENTRIES_MAX} entries and errs to the safe side by less
 * than a tick. Not thread-safe: {@link Limits} holds its lock around every call. Times are
 * nanoseconds of one clock that only moves forward, from zero.
 */
final class SlidingWindow {

  static final long WINDOW_NANOS = 60_000_000_000L;
  static final long TICK_NANOS = 100_000_000L;

  /** The ticks that a window can touch. */
  static final int ENTRIES_MAX = (int) (WINDOW_NANOS / TICK_NANOS) + 1;

  /** The wait for what does not fit however long one waits. */
  static final long NEVER = Long.MAX_VALUE;

  private static final int ENTRIES_INITIAL = 8;

  private long[] times = new long[ENTRIES_INITIAL];
  private long[] amounts = new long[ENTRIES_INITIAL];
  private int head;
  private int size;
  private long used;

  /** What was counted in the minute before now. */
  long used(long now) {
    expire(now);
    return used;
  }

  /** How long until that much more fits: zero, or a time, or {@link #NEVER}. */
  long waitNanos(long amount, long limit, long now) {
    if (amount > limit) {
      return NEVER;
    }
    expire(now);
    long over = used + amount - limit;
    for (int i = 0; over > 0; i++) {
      over -= amounts[index(i)];
      if (over <= 0) {
        return times[index(i)] + WINDOW_NANOS - now;
      }
    }
    return 0;
  }

  /** How long until nothing counts any more. */
  long resetNanos(long now) {
    expire(now);
    for (int i = size - 1; i >= 0; i--) {
      if (amounts[index(i)] > 0) {
        return times[index(i)] + WINDOW_NANOS - now;
      }
    }
    return 0;
  }

  /** Counts an amount now, whether it fits or not, and returns the tick it stands under. */
  long add(long amount, long now) {
    expire(now);
    long tick = now / TICK_NANOS;
    if (size > 0 && times[index(size - 1)] / TICK_NANOS == tick) {
      times[index(size - 1)] = now;
      amounts[index(size - 1)] += amount;
    } else {
      if (size == times.length) {
        grow();
      }
      times[index(size)] = now;
      amounts[index(size)] = amount;
      size++;
    }
    used += amount;
    return tick;
  }

  /**
   * Corrects an amount that was counted under a tick. What turned out less is taken from there, if
   * it still counts; what turned out more counts from now on, so that no one gains by a low
   * estimate.
   */
  void correct(long tick, long counted, long real, long now) {
    if (real > counted) {
      add(real - counted, now);
      return;
    }
    expire(now);
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long found = times[index(middle)] / TICK_NANOS;
      if (found == tick) {
        amounts[index(middle)] -= counted - real;
        used -= counted - real;
        return;
      }
      if (found < tick) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
  }

  private void expire(long now) {
    while (size > 0 && now - times[head] >= WINDOW_NANOS) {
      used -= amounts[head];
      head = index(1);
      size--;
    }
  }

  private int index(int place) {
    int index = head + place;
    return index < times.length ? index : index - times.length;
  }

  private void grow() {
    int capacity = Math.min(ENTRIES_MAX, 2 * times.length);
    long[] moreTimes = Arrays.copyOf(times, capacity);
    long[] moreAmounts = Arrays.copyOf(amounts, capacity);
    for (int i = 0; i < size; i++) {
      moreTimes[i] = times[index(i)];
      moreAmounts[i] = amounts[index(i)];
    }
    times = moreTimes;
    amounts = moreAmounts;
    head = 0;
  }
}
