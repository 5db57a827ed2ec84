package dev.freehold.provider;

/**
 * A prompt in the local model's own tokens, in native memory. Made once for a request, counted by
 * routing, run by the local provider; closed by whoever made the request.
 */
public interface PreparedPrompt extends AutoCloseable {

  /** The exact number of prompt tokens. */
  int tokens();

  @Override
  void close();
}
