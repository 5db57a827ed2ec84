package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.RouteCondition.InvalidCondition;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Compiles a route's condition and shows what is wrong with it where it stands in the file. */
final class ConditionCheck {

  private final String yaml;
  private final Set<String> models;
  private final Set<String> providers;

  ConditionCheck(String yaml, Set<String> models, Set<String> providers) {
    this.yaml = yaml;
    this.models = models;
    this.providers = providers;
  }

  void check(ScalarNode when, Problems problems) {
    try {
      RouteCondition.compile(when.getValue(), models, providers);
    } catch (InvalidCondition e) {
      ScalarPlace.of(yaml, when, e.line(), e.column())
          .ifPresentOrElse(
              place ->
                  problems.add(
                      place.line(),
                      place.column(),
                      "the condition is not valid: " + e.getMessage()),
              () ->
                  problems.add(
                      when,
                      "the condition is not valid: "
                          + e.getMessage()
                          + " (line "
                          + e.line()
                          + ", column "
                          + e.column()
                          + " of the condition)"));
    }
  }
}
