package dev.freehold.llama;

/**
 * llama.cpp refused or failed. The message says what was expected, what was found and, where there
 * is something, what to do; it never quotes prompts, answers or tokens' text.
 */
public final class LlamaException extends RuntimeException {

  /** What a caller may want to tell from other failures. */
  public enum Reason {
    /** The grammar took a token, and would go on in too many ways from here. */
    GRAMMAR_TOO_WIDE,
    /** The grammar forbids a token: it is finished, or allows nothing at all here. */
    GRAMMAR_REFUSED,
    OTHER;

    /** FREEHOLD_GRAMMAR_TOO_WIDE and FREEHOLD_GRAMMAR_REFUSED of the header. */
    static Reason of(int status) {
      return switch (status) {
        case -2 -> GRAMMAR_TOO_WIDE;
        case -3 -> GRAMMAR_REFUSED;
        default -> OTHER;
      };
    }
  }

  private static final long serialVersionUID = 1;

  private final Reason reason;

  public LlamaException(String message) {
    this(Reason.OTHER, message);
  }

  LlamaException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public LlamaException(String message, Throwable cause) {
    super(message, cause);
    this.reason = Reason.OTHER;
  }

  public Reason reason() {
    return reason;
  }
}
