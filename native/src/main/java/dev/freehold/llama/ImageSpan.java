package dev.freehold.llama;

/**
 * Where an image, or a tile of one, stands in a prompt.
 *
 * @param start its first token
 * @param length how many tokens it takes
 * @param part which part of the prompt's images it is, counted from 0
 */
public record ImageSpan(int start, int length, int part) {

  /** The first token after it. */
  public int end() {
    return start + length;
  }
}
