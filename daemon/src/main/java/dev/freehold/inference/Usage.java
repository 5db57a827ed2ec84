package dev.freehold.inference;

/**
 * The tokens one answer took.
 *
 * @param promptTokens tokens of the prompt, those found in a cache included
 * @param cachedTokens how many of the prompt's tokens were not computed again
 * @param completionTokens tokens generated
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {

  public static final Usage NONE = new Usage(0, 0, 0);

  public Usage {
    if (promptTokens < 0 || cachedTokens < 0 || completionTokens < 0) {
      throw new IllegalArgumentException(
          "token counts must not be negative, found %d, %d, %d"
              .formatted(promptTokens, cachedTokens, completionTokens));
    }
  }

  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
