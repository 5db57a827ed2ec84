package dev.freehold.controller.dryrun;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.RouteDecision;
import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.bundle.policy.RouteTable;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Optional;

/** One policy, asked about requests of the past. */
public final class DryRun {

  private final RouteTable table;
  private final ZoneId zone;
  private final boolean relabels;

  /**
   * @param zone the box's time zone
   * @param relabels whether labels are worked out anew; if not, a recorded label is the least
   */
  public DryRun(Policy policy, ZoneId zone, boolean relabels) {
    this.table = RouteTable.of(policy);
    this.zone = zone;
    this.relabels = relabels;
  }

  /** The currency of its costs. */
  public Optional<String> currency() {
    return table.policy().currency();
  }

  /** What the policy says to a request. */
  public Verdict decide(RecordedRequest request) {
    Optional<Label> ofGroups = table.labelOf(request.groups());
    if (ofGroups.isEmpty()) {
      return Verdict.refused(Optional.empty(), "the policy has none of the client's groups");
    }
    Label label = label(request, ofGroups.get());
    Optional<String> model =
        request.model().isPresent()
            ? request.model().flatMap(table::model).map(ModelSpec::name)
            : table.policy().models().keySet().stream().findFirst();
    if (model.isEmpty()) {
      return Verdict.refused(Optional.of(label), "the policy has no such model");
    }
    LocalDateTime time = LocalDateTime.ofInstant(request.time(), zone);
    RouteDecision decision =
        table.decide(
            new RouteFacts(
                request.client(),
                request.groups(),
                label,
                model.get(),
                request.promptTokens(),
                request.completionTokensMax(),
                request.needs(),
                request.detected(),
                request.engineQueueSeconds(),
                table.outPerMillion(time.toLocalDate()),
                request.firstTokenSeconds(),
                time));
    return verdict(decision, request.expectedCompletionTokens());
  }

  private Label label(RecordedRequest request, Label ofGroups) {
    Label label = request.declaredLabel().map(ofGroups::atLeast).orElse(ofGroups);
    if (!relabels) {
      label = request.label().map(label::atLeast).orElse(label);
    }
    return table.raised(label, request.detected());
  }

  private Verdict verdict(RouteDecision decision, int completionTokens) {
    Optional<String> refusal = Optional.empty();
    if (decision.route().isEmpty()) {
      refusal = Optional.of("no route's condition holds");
    } else if (decision.allowed().isEmpty()) {
      refusal = Optional.of("no provider of the route may answer");
    }
    return new Verdict(
        Optional.of(decision.facts().label()),
        refusal,
        decision.route().map(route -> route.name()),
        decision.expectedOrder(completionTokens).stream()
            .map(
                provider ->
                    new Verdict.Choice(
                        provider.name(), decision.expectedCost(provider, completionTokens)))
            .toList(),
        decision.rejected().stream()
            .map(
                rejection ->
                    new Verdict.Against(
                        rejection.provider().name(),
                        rejection.reason().text(),
                        rejection.explanation()))
            .toList(),
        currency());
  }
}
