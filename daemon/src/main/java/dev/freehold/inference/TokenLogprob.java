package dev.freehold.inference;

import java.util.List;

/**
 * One token and how likely it was.
 *
 * @param utf8 the token's bytes, which may begin or end inside a character
 * @param logprob the natural logarithm of its probability before any sampler
 * @param alternatives the likeliest tokens at its place, best first, without alternatives of their
 *     own
 */
public record TokenLogprob(List<Byte> utf8, double logprob, List<TokenLogprob> alternatives) {

  /** How many alternatives a client may ask for, as in OpenAI's API. */
  public static final int ALTERNATIVES_MAX = 20;

  public TokenLogprob {
    utf8 = List.copyOf(utf8);
    alternatives = List.copyOf(alternatives);
  }

  @Override
  public String toString() {
    return "TokenLogprob[]";
  }
}
