package dev.freehold.provider;

/**
 * A prompt in the local model's own tokens, in native memory. Made once for a request, counted by
 * routing, run by the local provider; closed by whoever made the request, once and while nothing
 * runs it.
 */
public interface PreparedPrompt extends AutoCloseable {

  /** The exact number of prompt tokens; it can be asked for after the prompt was closed, too. */
  int tokens();

  @Override
  void close();
}
