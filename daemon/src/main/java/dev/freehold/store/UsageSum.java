package dev.freehold.store;

import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The usage of the requests that share a key.
 *
 * @param key one text for each dimension asked for; empty where a request has none, as one that was
 *     refused has no provider
 * @param requests how many
 * @param unanswered how many of those were refused or failed
 * @param costMicros by currency, in millionths of its unit
 */
public record UsageSum(
    List<String> key,
    long requests,
    long unanswered,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    long bytesOut,
    long bytesIn,
    SortedMap<String, Long> costMicros) {

  public UsageSum {
    key = List.copyOf(key);
    costMicros = new TreeMap<>(costMicros);
  }

  static UsageSum none(List<String> key) {
    return new UsageSum(key, 0, 0, 0, 0, 0, 0, 0, new TreeMap<>());
  }

  UsageSum plus(UsageSum other) {
    Objects.requireNonNull(other, "other");
    SortedMap<String, Long> costs = new TreeMap<>(costMicros);
    other.costMicros.forEach((currency, micros) -> costs.merge(currency, micros, Long::sum));
    return new UsageSum(
        key,
        requests + other.requests,
        unanswered + other.unanswered,
        promptTokens + other.promptTokens,
        cachedTokens + other.cachedTokens,
        completionTokens + other.completionTokens,
        bytesOut + other.bytesOut,
        bytesIn + other.bytesIn,
        costs);
  }
}
