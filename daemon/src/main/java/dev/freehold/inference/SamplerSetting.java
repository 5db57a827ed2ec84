package dev.freehold.inference;

/**
 * A number of one of the rarer samplers, which llama.cpp's server and those like it take beside
 * OpenAI's fields.
 */
public enum SamplerSetting {
  TYPICAL_P("typical_p", 0, 1, false),
  TOP_N_SIGMA("top_n_sigma", -1, 100, false),
  XTC_PROBABILITY("xtc_probability", 0, 1, false),
  XTC_THRESHOLD("xtc_threshold", 0, 1, false),
  DRY_MULTIPLIER("dry_multiplier", 0, 100, false),
  DRY_BASE("dry_base", 0, 100, false),
  DRY_ALLOWED_LENGTH("dry_allowed_length", 0, 65_536, true),
  DRY_PENALTY_LAST_N("dry_penalty_last_n", 0, 65_536, true),
  MIROSTAT("mirostat", 0, 2, true),
  MIROSTAT_TAU("mirostat_tau", 0, 100, false),
  MIROSTAT_ETA("mirostat_eta", 0, 1, false),
  DYNATEMP_RANGE("dynatemp_range", 0, 10, false),
  DYNATEMP_EXPONENT("dynatemp_exponent", 0, 10, false),
  REPEAT_LAST_N("repeat_last_n", 0, 65_536, true),
  MIN_KEEP("min_keep", 0, 1_000_000, true);

  private final String field;
  private final double min;
  private final double max;
  private final boolean whole;

  SamplerSetting(String field, double min, double max, boolean whole) {
    this.field = field;
    this.min = min;
    this.max = max;
    this.whole = whole;
  }

  /** Its name in a request's body. */
  public String field() {
    return field;
  }

  public double min() {
    return min;
  }

  public double max() {
    return max;
  }

  /** Whether it is a whole number. */
  public boolean isWhole() {
    return whole;
  }
}
