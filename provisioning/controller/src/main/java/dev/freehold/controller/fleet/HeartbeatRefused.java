package dev.freehold.controller.fleet;

import java.util.Objects;

/** A heartbeat that is not taken. Nothing of it was kept. */
public final class HeartbeatRefused extends Exception {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Kind {
    /** It names another box than the certificate. */
    ANOTHERS,
    /** Something in it cannot be, or is more than is kept. */
    OUT_OF_BOUNDS,
    /** The box's last one is still being taken. */
    BUSY
  }

  private final Kind kind;

  HeartbeatRefused(Kind kind, String message) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  public Kind kind() {
    return kind;
  }
}
