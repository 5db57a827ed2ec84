package dev.freehold.llama;

/** A number of one of llama.cpp's rarer samplers; its default is llama.cpp's own. */
public enum SamplerNumber {
  /** Only tokens whose logit is at most so many deviations below the best; negative for all. */
  TOP_N_SIGMA("top_n_sigma", -1, false),
  /** How often all likely tokens but the least likely of them are taken out. */
  XTC_PROBABILITY("xtc_probability", 0, false),
  /** How likely a token must be for that. */
  XTC_THRESHOLD("xtc_threshold", 0.1f, false),
  /** How much a token that would go on with a repetition is punished; 0 turns it off. */
  DRY_MULTIPLIER("dry_multiplier", 0, false),
  /** By how much more for each token of the repetition. */
  DRY_BASE("dry_base", 1.75f, false),
  /** Repetitions up to this many tokens are free. */
  DRY_ALLOWED_LENGTH("dry_allowed_length", 2, true),
  /** How many tokens back are looked at. */
  DRY_PENALTY_LAST_N("dry_penalty_last_n", 64, true),
  /** Version 1 or 2 of Mirostat, which takes the place of the other samplers; 0 turns it off. */
  MIROSTAT("mirostat", 0, true),
  /** The surprise that Mirostat aims at. */
  MIROSTAT_TAU("mirostat_tau", 5, false),
  /** How quickly it learns. */
  MIROSTAT_ETA("mirostat_eta", 0.1f, false),
  /** How far the temperature moves with the entropy, to both sides. */
  DYNATEMP_RANGE("dynatemp_range", 0, false),
  /** How it follows the entropy. */
  DYNATEMP_EXPONENT("dynatemp_exponent", 1, false),
  /** How many candidates samplers leave at least. */
  MIN_KEEP("min_keep", 0, true);

  private final String field;
  private final float absent;
  private final boolean whole;

  SamplerNumber(String field, float absent, boolean whole) {
    this.field = field;
    this.absent = absent;
    this.whole = whole;
  }

  /** Its field in the library's struct. */
  String field() {
    return field;
  }

  float absent() {
    return absent;
  }

  boolean isWhole() {
    return whole;
  }
}
