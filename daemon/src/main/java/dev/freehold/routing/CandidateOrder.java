package dev.freehold.routing;

import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.RouteSpec;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** In which order a route's candidates are asked. */
final class CandidateOrder {

  private final HealthBoard board;
  private final RandomGenerator random;

  CandidateOrder(HealthBoard board, RandomGenerator random) {
    this.board = board;
    this.random = random;
  }

  /**
   * The same candidates, the one to ask first in front. Where the order says nothing of two, the
   * policy's list decides.
   *
   * @param completionTokens how long the answer is taken to be
   */
  List<Candidate> ordered(
      RouteSpec route,
      List<Candidate> candidates,
      int promptTokens,
      int completionTokens,
      LocalDate day) {
    return switch (route.order()) {
      case WRITTEN -> candidates;
      case CHEAPEST ->
          candidates.stream()
              .sorted(
                  Comparator.comparing(
                      candidate -> cost(candidate, promptTokens, completionTokens, day)))
              .toList();
      case FASTEST ->
          candidates.stream()
              .sorted(Comparator.comparingDouble(candidate -> seconds(candidate, completionTokens)))
              .toList();
      case WEIGHTED -> drawn(candidates, route.weights());
    };
  }

  private static BigDecimal cost(
      Candidate candidate, int promptTokens, int completionTokens, LocalDate day) {
    return candidate
        .spec()
        .prices()
        .at(day)
        .map(price -> cost(price, promptTokens, completionTokens))
        .orElse(BigDecimal.ZERO);
  }

  private static BigDecimal cost(Prices.Price price, int promptTokens, int completionTokens) {
    return price
        .inPerMillion()
        .multiply(BigDecimal.valueOf(promptTokens))
        .add(price.outPerMillion().multiply(BigDecimal.valueOf(completionTokens)));
  }

  /** One that was not measured lately comes first: so it is measured. */
  private double seconds(Candidate candidate, int completionTokens) {
    ProviderHealth health = board.of(candidate.spec());
    double first = health.firstTokenSeconds().orElse(0);
    return health.tokensPerSecond().isPresent()
        ? first + completionTokens / health.tokensPerSecond().getAsDouble()
        : first;
  }

  /** Each place is drawn among those that are left, by their weights. */
  private List<Candidate> drawn(List<Candidate> candidates, Map<String, Integer> weights) {
    List<Candidate> left = new ArrayList<>(candidates);
    List<Candidate> drawn = new ArrayList<>();
    while (!left.isEmpty()) {
      int sum = left.stream().mapToInt(candidate -> weight(candidate, weights)).sum();
      int at = sum == 0 ? 0 : random.nextInt(sum);
      int index = 0;
      while (index < left.size() - 1 && at >= weight(left.get(index), weights)) {
        at -= weight(left.get(index), weights);
        index++;
      }
      drawn.add(left.remove(index));
    }
    return drawn;
  }

  private static int weight(Candidate candidate, Map<String, Integer> weights) {
    return weights.getOrDefault(candidate.name(), 0);
  }
}
