package dev.freehold.abuse;

import dev.freehold.abuse.Rule.Consequence;
import dev.freehold.abuse.Rule.Name;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The rules in force, one of each name, and their defaults.
 *
 * <p><b>Credential stuffing.</b> Trying many stolen or made-up credentials from one place (OWASP
 * Credential Stuffing Prevention Cheat Sheet; OWASP Automated Threats OAT-008; OWASP API Security
 * Top 10 2023, API2 Broken Authentication). Here a credential is a certificate, which cannot be
 * guessed: what is left is trying those that were found.
 *
 * <ul>
 *   <li>{@link Name#CERTIFICATES_REFUSED}: {@link #CERTIFICATES_REFUSED_MAX} in {@link
 *       #CERTIFICATES_WINDOW} from one address. A client whose certificate expired and that tries
 *       again every minute stays below.
 *   <li>{@link Name#MANY_IDENTITIES}: one address that comes as {@link #IDENTITIES_MAX} clients in
 *       {@link #IDENTITIES_WINDOW}: one machine with the keys of many.
 * </ul>
 *
 * <p><b>Extraction-like volume.</b> Copying what a model knows, or what stands behind it, takes
 * many different questions (OWASP Top 10 for LLM Applications 2025, LLM10 Unbounded Consumption,
 * which names model extraction and functional replication; MITRE ATLAS AML.T0024; Tramèr et al.,
 * Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016; Carlini et al.,
 * Stealing Part of a Production Language Model, ICML 2024, which needs probabilities; Juuti et al.,
 * PRADA, EuroS&amp;P 2019, which looks at the distribution of queries). Volume is a weak sign: the
 * bounds are far above what a person or an office's usual program does, and a rule that an office's
 * batch job may break, a month's documents summarised in a night, only reports.
 *
 * <ul>
 *   <li>{@link Name#TOKENS}: {@link #TOKENS_MAX} in {@link #VOLUME_WINDOW}. A load test of 1,200
 *       small requests a second (130 tokens each) has half of it in ten minutes; what one box
 *       computes itself in an hour is less.
 *   <li>{@link Name#TOKENS_BEYOND_HABIT}: {@link #HABIT_FACTOR} times what the client usually has
 *       in a window, by an average that halves in {@link #HABIT_HALF_LIFE_WINDOWS} windows; only
 *       once {@link #HABIT_WINDOWS_MIN} windows are known, and never below {@link
 *       #HABIT_TOKENS_MIN}. Only reported: a job that runs once a month has no habit.
 *   <li>{@link Name#DISTINCT_PROMPTS}: {@link #DISTINCT_PROMPTS_MAX} in {@link #VOLUME_WINDOW}.
 *       Only reported: a batch job asks as many.
 *   <li>{@link Name#LOGPROBS}: {@link #LOGPROBS_MAX} in {@link #VOLUME_WINDOW}.
 *   <li>{@link Name#EMBEDDED_TEXTS}: {@link #EMBEDDED_TEXTS_MAX} in {@link #VOLUME_WINDOW}. Only
 *       reported: the first indexing of an office's own documents looks the same.
 * </ul>
 *
 * <p><b>Limit hammering.</b> Going on although told when to come back (RFC 6585 section 4, RFC 9110
 * section 10.2.3; OWASP API Security Top 10 2023, API4 Unrestricted Resource Consumption).
 *
 * <ul>
 *   <li>{@link Name#LIMIT_HAMMERING}: {@link #HAMMERING_MAX} requests in {@link #HAMMERING_WINDOW}
 *       that come before anybody of this client was told to come, the first {@link
 *       #HAMMERING_GRACE} apart: what was under way already, and the two retries that SDKs make
 *       without reading the header.
 * </ul>
 */
public final class AbuseRules {

  public static final long CERTIFICATES_REFUSED_MAX = 20;
  public static final Duration CERTIFICATES_WINDOW = Duration.ofMinutes(10);
  public static final long IDENTITIES_MAX = 20;
  public static final Duration IDENTITIES_WINDOW = Duration.ofMinutes(10);
  public static final Duration VOLUME_WINDOW = Duration.ofHours(1);
  public static final long TOKENS_MAX = 200_000_000;
  public static final long HABIT_FACTOR = 20;
  public static final long HABIT_TOKENS_MIN = 1_000_000;
  public static final int HABIT_WINDOWS_MIN = 24;
  public static final int HABIT_HALF_LIFE_WINDOWS = 120;
  public static final long DISTINCT_PROMPTS_MAX = 5_000;
  public static final long LOGPROBS_MAX = 2_000;
  public static final long EMBEDDED_TEXTS_MAX = 200_000;
  public static final long HAMMERING_MAX = 120;
  public static final Duration HAMMERING_WINDOW = Duration.ofMinutes(1);
  public static final Duration HAMMERING_GRACE = Duration.ofSeconds(2);

  private final Map<Name, Rule> rules;

  private AbuseRules(Map<Name, Rule> rules) {
    this.rules = rules;
  }

  public static AbuseRules defaults() {
    Map<Name, Rule> rules = new EnumMap<>(Name.class);
    for (Rule rule :
        List.of(
            shut(Name.CERTIFICATES_REFUSED, CERTIFICATES_WINDOW, CERTIFICATES_REFUSED_MAX),
            shut(Name.MANY_IDENTITIES, IDENTITIES_WINDOW, IDENTITIES_MAX),
            shut(Name.TOKENS, VOLUME_WINDOW, TOKENS_MAX),
            told(Name.TOKENS_BEYOND_HABIT, VOLUME_WINDOW, HABIT_FACTOR),
            told(Name.DISTINCT_PROMPTS, VOLUME_WINDOW, DISTINCT_PROMPTS_MAX),
            shut(Name.LOGPROBS, VOLUME_WINDOW, LOGPROBS_MAX),
            told(Name.EMBEDDED_TEXTS, VOLUME_WINDOW, EMBEDDED_TEXTS_MAX),
            shut(Name.LIMIT_HAMMERING, HAMMERING_WINDOW, HAMMERING_MAX))) {
      rules.put(rule.name(), rule);
    }
    return new AbuseRules(rules);
  }

  /** These rules with one of them in the place of that of its name. */
  public AbuseRules with(Rule rule) {
    Map<Name, Rule> changed = new EnumMap<>(rules);
    changed.put(rule.name(), rule);
    return new AbuseRules(changed);
  }

  public Rule rule(Name name) {
    return rules.get(name);
  }

  private static Rule shut(Name name, Duration window, long threshold) {
    return new Rule(name, window, threshold, Consequence.QUARANTINE);
  }

  private static Rule told(Name name, Duration window, long threshold) {
    return new Rule(name, window, threshold, Consequence.REPORT);
  }
}
