package dev.freehold.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Who waits for a seat, and who is next. New requests wait in a bounded queue, which any thread may
 * fill and take back from; sequences that were parked wait apart and are the engine's thread's own.
 *
 * <p>The background is next only when no other waits. So that it is served at all, one that is kept
 * waiting for half the queue's deadline counts as any other.
 */
final class WaitingRequests {

  /** A background request is as urgent as any other after this part of the queue's deadline. */
  private static final int BACKGROUND_PATIENCE_PART = 2;

  /** The background may fill this part of the queue, so that there is room for the others. */
  private static final int BACKGROUND_QUEUE_PART = 2;

  private final int queueMax;
  private final long deadlineNanos;
  private final BlockingQueue<Generation> queue;

  /* Owned by the engine's thread. */
  private final Deque<Generation> parked = new ArrayDeque<>();

  /* Written by the engine's thread, read by anybody. */
  private volatile int parkedCount;

  WaitingRequests(int queueMax, Duration deadline) {
    this.queueMax = queueMax;
    this.deadlineNanos = deadline.toNanos();
    this.queue = new ArrayBlockingQueue<>(queueMax);
  }

  /** False if there is no room for it. Any thread may call it. */
  boolean offer(Generation generation) {
    if (!generation.isBackground()) {
      return queue.offer(generation);
    }
    synchronized (queue) {
      long background = queue.stream().filter(Generation::isBackground).count();
      return background < Math.max(1, queueMax / BACKGROUND_QUEUE_PART) && queue.offer(generation);
    }
  }

  /** Takes a new request out of the queue; false if it has been taken. Any thread may call it. */
  boolean withdraw(Generation generation) {
    return queue.remove(generation);
  }

  /** How many wait, those that were parked included. Any thread may call it. */
  int count() {
    return queue.size() + parkedCount;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  /** Who is next, or null; of each class those that were parked: they have waited before. */
  Generation next() {
    if (parked.isEmpty() && queue.peek() == null) {
      return null;
    }
    Generation next = first(parked, true);
    next = next == null ? first(queue, true) : next;
    next = next == null ? first(parked, false) : next;
    return next == null ? first(queue, false) : next;
  }

  private Generation first(Iterable<Generation> waiting, boolean urgent) {
    for (Generation generation : waiting) {
      if (isUrgent(generation) == urgent) {
        return generation;
      }
    }
    return null;
  }

  /**
   * Whether it is served before the background: so is the background itself once it has waited
   * long, which is the bound on how long others may keep it waiting. The time in which it ran does
   * not count: a long answer makes way as well as a short one.
   */
  boolean isUrgent(Generation generation) {
    return !generation.isBackground()
        || generation.waitedNanos() > deadlineNanos / BACKGROUND_PATIENCE_PART;
  }

  /** Takes the one that is next; false if it was withdrawn meanwhile. */
  boolean take(Generation next) {
    return parked.remove(next) || queue.remove(next);
  }

  /** Waits for a new request for a second at most, and takes it; null if none came. */
  Generation await() throws InterruptedException {
    return queue.poll(1, TimeUnit.SECONDS);
  }

  /** A sequence that had a seat waits again. */
  void park(Generation generation) {
    parked.addLast(generation);
  }

  /** Takes out those whose readers have gone; the queue's are withdrawn by the readers. */
  List<Generation> takeCancelled() {
    if (parked.isEmpty()) {
      return List.of();
    }
    List<Generation> cancelled = parked.stream().filter(Generation::isCancelled).toList();
    parked.removeAll(cancelled);
    return cancelled;
  }

  /** Shows others how many are parked. */
  void publish() {
    parkedCount = parked.size();
  }

  /** Takes everybody. */
  List<Generation> drain() {
    List<Generation> all = new ArrayList<>(parked);
    parked.clear();
    queue.drainTo(all);
    return all;
  }
}
