package dev.freehold.llama;

/** How the outputs of a sequence's tokens become one result. */
public enum Pooling {
  /** They do not: the model writes text. */
  NONE(0),
  /** A vector: their mean. */
  MEAN(1),
  /** A vector: the first token's. */
  CLS(2),
  /** A vector: the last token's. */
  LAST(3),
  /** No vector, but scores of how well the sequence's two texts go together. */
  RANK(4);

  private final int code;

  Pooling(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static Pooling of(int code) {
    for (Pooling pooling : values()) {
      if (pooling.code == code) {
        return pooling;
      }
    }
    return NONE;
  }
}
