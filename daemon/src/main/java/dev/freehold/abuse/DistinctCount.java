package dev.freehold.abuse;

import java.util.Arrays;

/**
 * About how many different digests a window has had, in one bitmap (linear counting: Whang et al.,
 * ACM TODS 1990), which begins anew with each window. With bits of twice the threshold the error at
 * it is below two in a hundred. Not safe for use from two threads at once.
 */
final class DistinctCount {

  private static final long BITS_MIN = 64;
  private static final long BITS_MAX = 1 << 20;

  private final long windowMillis;
  private final long[] words;
  private long began;
  private int set;

  DistinctCount(long windowMillis, long threshold, long nowMillis) {
    this.windowMillis = windowMillis;
    long bits = Math.clamp(2 * threshold, BITS_MIN, BITS_MAX);
    this.words = new long[(int) (Long.highestOneBit(bits - 1) * 2 / Long.SIZE)];
    this.began = nowMillis;
  }

  /** Counts a digest and returns the estimate. */
  long add(long digest, long nowMillis) {
    if (nowMillis - began >= windowMillis || nowMillis < began) {
      began = nowMillis;
      clear();
    }
    int bit = (int) (digest & ((long) words.length * Long.SIZE - 1));
    long mask = 1L << bit;
    int word = bit / Long.SIZE;
    if ((words[word] & mask) == 0) {
      words[word] |= mask;
      set++;
    }
    return estimate();
  }

  void clear() {
    Arrays.fill(words, 0);
    set = 0;
  }

  private long estimate() {
    double bits = (double) words.length * Long.SIZE;
    double empty = Math.max(0.5, bits - set);
    return Math.round(bits * Math.log(bits / empty));
  }
}
