package dev.freehold.llama;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts who is using a native object, and frees it when it has been closed and the last user is
 * gone. A user is a call that is under way or an object that depends on this one. Entering and
 * leaving allocate nothing and never block.
 */
final class Lifetime {

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Lifetime.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The lowest bit says closed, the others count users. */
  private static final int CLOSED = 1;

  private static final int USER = 2;

  private final String what;
  private final Runnable free;

  @SuppressWarnings("unused") // by STATE only
  private volatile int state;

  Lifetime(String what, Runnable free) {
    this.what = what;
    this.free = free;
  }

  void enter() {
    for (; ; ) {
      int seen = (int) STATE.getVolatile(this);
      if ((seen & CLOSED) != 0) {
        throw new IllegalStateException(what + " is closed");
      }
      if (STATE.compareAndSet(this, seen, seen + USER)) {
        return;
      }
    }
  }

  void exit() {
    int before = (int) STATE.getAndAdd(this, -USER);
    if (before == USER + CLOSED) {
      free.run();
    }
  }

  /** Frees at once if nobody is inside; a second close does nothing. */
  void close() {
    int before = (int) STATE.getAndBitwiseOr(this, CLOSED);
    if (before == 0) {
      free.run();
    }
  }

  boolean closed() {
    return ((int) STATE.getVolatile(this) & CLOSED) != 0;
  }
}
