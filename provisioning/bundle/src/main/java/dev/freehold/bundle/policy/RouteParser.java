package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.Cascade.Check;
import dev.freehold.bundle.policy.RouteSpec.Order;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads the routes of a policy, and whether what each asks for can be had of its providers. */
final class RouteParser {

  static final int WEIGHT_MAX = 1_000_000;
  static final Duration HEDGE_MAX = Duration.ofMinutes(1);

  /** A box ends every request by then. */
  static final Duration DEADLINE_MAX = Duration.ofMinutes(15);

  private static final List<String> KEYS =
      List.of(
          "name",
          "when",
          "use",
          "order",
          "weights",
          "sticky",
          "hedge",
          "deadline",
          "costMax",
          "cascade");
  private static final List<String> CASCADE_KEYS = List.of("checks", "confidence");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final String yaml;
  private final Map<String, ModelSpec> models;
  private final Map<String, ProviderSpec> providers;
  private final MoneyParser money;
  private final Problems problems;

  RouteParser(
      String yaml,
      Map<String, ModelSpec> models,
      Map<String, ProviderSpec> providers,
      MoneyParser money,
      Problems problems) {
    this.yaml = yaml;
    this.models = models;
    this.providers = providers;
    this.money = money;
    this.problems = problems;
  }

  List<RouteSpec> routes(Section file) {
    List<Node> items = file.list("routes");
    if (items.isEmpty() && (file.lacks("routes") || file.isEmptyList("routes"))) {
      problems.add(
          file.at("routes"), "expected at least one route, such as {name: usual, use: [local]}");
    }
    List<RouteSpec> routes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Optional<String> always = Optional.empty();
    for (Node item : items) {
      Section fields = Section.of("the route", item, problems).onlyKeys(KEYS);
      RouteSpec route = route(fields);
      if (!route.name().isEmpty() && !names.add(route.name())) {
        fields.problem(
            "name",
            "a route of the name \"" + route.name() + "\" stands above already; choose another");
      }
      if (always.isPresent()) {
        problems.add(
            item,
            "the route \""
                + always.get()
                + "\" above has no condition and is always taken: this one never is; move it up, or"
                + " give that one a \"when\"");
      }
      if (always.isEmpty() && fields.lacks("when")) {
        always = Optional.of(route.name());
      }
      routes.add(route);
    }
    return routes;
  }

  private RouteSpec route(Section fields) {
    String name = fields.name("name", NAME, fields.requiredText("name", "usual")).orElse("");
    Optional<ScalarNode> when = fields.scalar("when", "a condition");
    when.ifPresent(
        node ->
            new ConditionCheck(yaml, models.keySet(), providers.keySet()).check(node, problems));
    List<String> use = candidates(fields);
    Order order = fields.choice("order", "order", Order::find, Order.texts()).orElse(Order.WRITTEN);
    Optional<Duration> hedge = fields.duration("hedge", HEDGE_MAX);
    Optional<Duration> deadline = fields.duration("deadline", DEADLINE_MAX);
    checkHedge(fields, use, hedge, deadline);
    return new RouteSpec(
        name,
        when.map(ScalarNode::getValue),
        use,
        order,
        weights(fields, use, order),
        fields.flag("sticky"),
        hedge,
        deadline,
        costMax(fields, use),
        cascade(fields, use));
  }

  private List<String> candidates(Section route) {
    List<String> use = new ArrayList<>();
    for (ScalarNode word : route.words("use")) {
      String name = word.getValue();
      if (!providers.containsKey(name)) {
        problems.add(word, Problems.unknown("provider", name, providers.keySet()));
      } else if (use.contains(name)) {
        problems.add(word, "the provider \"" + name + "\" stands twice in this route; remove one");
      } else {
        use.add(name);
      }
    }
    if (route.lacks("use") || route.isEmptyList("use")) {
      problems.add(route.at("use"), "the route needs \"use\", a list of providers in order");
    }
    return use;
  }

  private Map<String, Integer> weights(Section route, List<String> use, Order order) {
    Map<String, Integer> weights = new LinkedHashMap<>();
    if (!route.has("weights")) {
      if (order == Order.WEIGHTED && route.lacks("weights")) {
        route.problem(
            "order",
            "the order weighted needs \"weights\", such as weights: {" + example(use) + "}");
      }
      return weights;
    }
    if (order != Order.WEIGHTED) {
      problems.add(
          route.keyNode("weights"),
          "weights are used by the order weighted only, found order "
              + order.text()
              + "; add order: weighted, or remove them");
    }
    Section section = route.section("weights", "weights");
    for (String name : section.keys()) {
      if (!use.contains(name)) {
        problems.add(
            section.keyNode(name),
            providers.containsKey(name)
                ? "the provider \"" + name + "\" is not in this route's \"use\"; add it there"
                : Problems.unknown("provider", name, use));
        continue;
      }
      OptionalInt weight = section.number(name, 1, WEIGHT_MAX);
      weight.ifPresent(value -> weights.put(name, value));
    }
    return weights;
  }

  private static String example(List<String> use) {
    return use.isEmpty() ? "hub: 3" : use.getFirst() + ": 3";
  }

  private void checkHedge(
      Section route, List<String> use, Optional<Duration> hedge, Optional<Duration> deadline) {
    if (!route.has("hedge")) {
      return;
    }
    Set<TrustClass> seen = new HashSet<>();
    boolean twoOfOneClass = use.stream().anyMatch(name -> !seen.add(providers.get(name).trust()));
    if (!twoOfOneClass) {
      problems.add(
          route.keyNode("hedge"),
          "there is nothing to hedge with: no two providers of this route are of one trust class,"
              + " and a hedge never crosses it; add one, or remove hedge");
    } else if (hedge.isPresent()
        && deadline.isPresent()
        && hedge.get().compareTo(deadline.get()) >= 0) {
      route.problem("hedge", "expected hedge to be shorter than the deadline; lower it");
    }
  }

  private Optional<BigDecimal> costMax(Section route, List<String> use) {
    if (!route.has("costMax")) {
      return Optional.empty();
    }
    money.needsCurrency(route, "costMax");
    boolean priced =
        use.stream().anyMatch(name -> !providers.get(name).prices().equals(Prices.NONE));
    if (!priced) {
      problems.add(
          route.keyNode("costMax"),
          "no provider of this route has a price, so nothing would ever cost more; add \"price\""
              + " to one, or remove costMax");
    }
    return route.positive("costMax");
  }

  private Optional<Cascade> cascade(Section route, List<String> use) {
    if (!route.has("cascade")) {
      return Optional.empty();
    }
    boolean engineFirst =
        !use.isEmpty() && providers.get(use.getFirst()).kind() == ProviderSpec.Kind.ENGINE;
    if (!engineFirst || use.size() < 2) {
      problems.add(
          route.keyNode("cascade"),
          "a cascade asks the box's engine first and then another: expected \"use\" to begin with"
              + " the provider of kind engine and to have a second; reorder it, or remove cascade");
    }
    Section section = route.section("cascade", "cascade").onlyKeys(CASCADE_KEYS);
    Set<Check> checks = section.choices("checks", "check", Check::find, Check.texts());
    if (section.lacks("checks") || section.isEmptyList("checks")) {
      problems.add(
          section.node(),
          "a cascade needs \"checks\", some of "
              + String.join(", ", Check.texts())
              + ", such as checks: [schema, refusal]");
    }
    OptionalDouble confidence = confidence(section, checks);
    boolean complete =
        !checks.isEmpty() && checks.contains(Check.CONFIDENCE) == confidence.isPresent();
    return complete ? Optional.of(new Cascade(checks, confidence)) : Optional.empty();
  }

  private OptionalDouble confidence(Section cascade, Set<Check> checks) {
    if (!cascade.has("confidence")) {
      if (checks.contains(Check.CONFIDENCE) && cascade.lacks("confidence")) {
        problems.add(
            cascade.node(),
            "the check confidence needs a number above 0 and at most 1, such as confidence: 0.6");
      }
      return OptionalDouble.empty();
    }
    if (!checks.contains(Check.CONFIDENCE)) {
      problems.add(
          cascade.keyNode("confidence"),
          "confidence is used by the check of that name only; add it to \"checks\", or remove it");
    }
    Optional<BigDecimal> number = cascade.decimal("confidence");
    boolean outside =
        number.isPresent()
            && (number.get().signum() == 0 || number.get().compareTo(BigDecimal.ONE) > 0);
    if (outside) {
      cascade.problem(
          "confidence",
          "expected confidence above 0 and at most 1, found " + number.get().toPlainString());
      return OptionalDouble.empty();
    }
    return number.isPresent()
        ? OptionalDouble.of(number.get().doubleValue())
        : OptionalDouble.empty();
  }
}
