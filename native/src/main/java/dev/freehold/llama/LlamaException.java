package dev.freehold.llama;

/**
 * llama.cpp refused or failed. The message says what was expected, what was found and, where there
 * is something, what to do; it never quotes prompts, answers or tokens' text.
 */
public final class LlamaException extends RuntimeException {

  public LlamaException(String message) {
    super(message);
  }

  public LlamaException(String message, Throwable cause) {
    super(message, cause);
  }
}
