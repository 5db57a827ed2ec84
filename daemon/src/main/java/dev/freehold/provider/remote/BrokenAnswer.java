package dev.freehold.provider.remote;

import dev.freehold.inference.InferenceException.Kind;
import java.util.Objects;

/** An answer that broke off, or that is none of the API that was spoken. */
public final class BrokenAnswer extends Exception {

  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /**
   * @param what in words that follow the provider's name, such as "sent something other than JSON";
   *     nothing of what the provider sent
   */
  public BrokenAnswer(String what) {
    this(Kind.PROVIDER_FAILED, what);
  }

  /** A failure that the provider tells of itself. */
  public BrokenAnswer(Kind kind, String what) {
    super(what, null, false, false);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  Kind kind() {
    return kind;
  }
}
