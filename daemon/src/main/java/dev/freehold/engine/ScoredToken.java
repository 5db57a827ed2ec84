package dev.freehold.engine;

import java.util.List;

/**
 * A generated token and how likely it was, for a request that asked.
 *
 * @param start where its text begins in the answer, in bytes; a stop text may have cut it since
 * @param utf8 its text, which may begin or end inside a character
 * @param logprob the natural logarithm of its probability before any sampler
 * @param alternatives the likeliest tokens at its place, best first
 */
public record ScoredToken(
    long start, List<Byte> utf8, float logprob, List<ScoredToken.Alternative> alternatives) {

  /** A token that might have stood there, control tokens shown by their names. */
  public record Alternative(List<Byte> utf8, float logprob) {

    public Alternative {
      utf8 = List.copyOf(utf8);
    }

    @Override
    public String toString() {
      return "Alternative[]";
    }
  }

  public ScoredToken {
    utf8 = List.copyOf(utf8);
    alternatives = List.copyOf(alternatives);
  }

  long end() {
    return start + utf8.size();
  }

  @Override
  public String toString() {
    return "ScoredToken[]";
  }
}
