package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A rule that turns a request into an ordered list of candidates.
 *
 * @param when a condition in CEL that compiles; a route without one always matches
 * @param use names of providers, in order of preference; locality decides which of them remain
 * @param weights by provider, for {@link Order#WEIGHTED}: how often each comes first
 * @param sticky whether a conversation stays with the provider that answered it first, for the sake
 *     of its cache
 * @param hedge how long the first candidate may be silent before the next of the same trust class
 *     is asked beside it
 * @param deadline for all attempts together
 * @param costMax what all attempts together may cost
 * @param cascade whether a local answer is checked before it is given
 */
public record RouteSpec(
    String name,
    Optional<String> when,
    List<String> use,
    Order order,
    Map<String, Integer> weights,
    boolean sticky,
    Optional<Duration> hedge,
    Optional<Duration> deadline,
    Optional<BigDecimal> costMax,
    Optional<Cascade> cascade) {

  public RouteSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(when, "when");
    use = List.copyOf(use);
    Objects.requireNonNull(order, "order");
    weights = Map.copyOf(weights);
    Objects.requireNonNull(hedge, "hedge");
    Objects.requireNonNull(deadline, "deadline");
    Objects.requireNonNull(costMax, "costMax");
    Objects.requireNonNull(cascade, "cascade");
  }

  /** A route that says only where to. */
  public RouteSpec(String name, Optional<String> when, List<String> use) {
    this(
        name,
        when,
        use,
        Order.WRITTEN,
        Map.of(),
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The same as to deadline and cost, where it is settled who is asked. */
  public RouteSpec toOne(String provider) {
    return new RouteSpec(
        name,
        Optional.empty(),
        List.of(provider),
        Order.WRITTEN,
        Map.of(),
        false,
        Optional.empty(),
        deadline,
        costMax,
        Optional.empty());
  }

  /** Which of the candidates is asked first. */
  public enum Order {
    /** As the policy lists them. */
    WRITTEN("written"),
    /** By what the request is expected to cost. */
    CHEAPEST("cheapest"),
    /** By the time to the first token and the tokens a second that were measured. */
    FASTEST("fastest"),
    /** Drawn by weight. */
    WEIGHTED("weighted");

    private final String text;

    Order(String text) {
      this.text = text;
    }

    static Optional<Order> find(String text) {
      return Arrays.stream(values()).filter(order -> order.text.equals(text)).findFirst();
    }

    static List<String> texts() {
      return Arrays.stream(values()).map(Order::text).toList();
    }

    /** The name as a policy writes it. */
    public String text() {
      return text;
    }
  }
}
