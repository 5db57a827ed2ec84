package dev.freehold.sync;

import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.store.HourUsage;
import dev.freehold.store.UsageLedger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The ledger's hours as the controller takes them.
 *
 * <p>A request counts in one bucket. The group of a client that is in several is all of them
 * together, in alphabetical order: {@code legal+website}. Were it counted under each, the
 * controller's sums by provider, box and day, which know nothing of groups, would count it twice;
 * were it counted under one, the others' sums would be short and nobody would see it.
 */
public final class LedgerUsage implements UsageBuckets {

  static final String TOGETHER = "+";
  private static final String MORE = "+more";
  private static final int NAME_MAX = UsageBucket.Key.NAME_CHARACTERS_MAX;

  private final UsageLedger ledger;

  public LedgerUsage(UsageLedger ledger) {
    this.ledger = Objects.requireNonNull(ledger, "ledger");
  }

  @Override
  public List<UsageBucket> from(Instant hour, int hours) throws InterruptedException {
    Map<UsageBucket.Key, UsageBucket> buckets = new LinkedHashMap<>();
    for (HourUsage usage : ledger.hours(hour, hours)) {
      // Names that were too long for a bucket may have become the same.
      buckets.merge(key(usage), bucket(usage), LedgerUsage::plus);
    }
    return new ArrayList<>(buckets.values());
  }

  private static UsageBucket.Key key(HourUsage usage) {
    return new UsageBucket.Key(
        usage.hour(),
        group(usage.groups()),
        name(usage.provider()),
        name(usage.model()),
        name(usage.label()),
        name(usage.currency()));
  }

  static String group(List<String> groups) {
    StringBuilder together = new StringBuilder();
    for (String group : groups.stream().distinct().sorted().toList()) {
      String next = together.isEmpty() ? group : TOGETHER + group;
      if (together.length() + next.length() > NAME_MAX - MORE.length()) {
        return together + MORE;
      }
      together.append(next);
    }
    return together.toString();
  }

  private static String name(Optional<String> name) {
    String text = name.orElse("").replaceAll("\\p{Cntrl}", "_");
    return text.substring(0, Math.min(text.length(), NAME_MAX));
  }

  private static UsageBucket bucket(HourUsage usage) {
    return bounded(
        key(usage),
        usage.requests(),
        usage.promptTokens(),
        usage.cachedTokens(),
        usage.completionTokens(),
        usage.costMicros());
  }

  private static UsageBucket plus(UsageBucket one, UsageBucket other) {
    return bounded(
        one.key(),
        one.requests() + other.requests(),
        one.promptTokens() + other.promptTokens(),
        one.cachedTokens() + other.cachedTokens(),
        one.completionTokens() + other.completionTokens(),
        one.costMicros() + other.costMicros());
  }

  /** A provider that claims absurd usage must not keep all other usage from the controller. */
  private static UsageBucket bounded(
      UsageBucket.Key key, long requests, long prompt, long cached, long completion, long micros) {
    long promptTokens = Math.min(prompt, UsageBucket.TOKENS_MAX);
    return new UsageBucket(
        key,
        Math.min(requests, UsageBucket.REQUESTS_MAX),
        promptTokens,
        Math.min(cached, promptTokens),
        Math.min(completion, UsageBucket.TOKENS_MAX),
        Math.min(micros, UsageBucket.COST_MICROS_MAX));
  }
}
