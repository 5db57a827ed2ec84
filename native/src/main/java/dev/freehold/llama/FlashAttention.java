package dev.freehold.llama;

/** When the fused attention kernel is used. */
public enum FlashAttention {
  /** Where the backend supports it for this model. */
  AUTO(-1),
  OFF(0),
  ON(1);

  private final int code;

  FlashAttention(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
