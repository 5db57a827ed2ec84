package dev.freehold.controller.dryrun;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a policy says to one request.
 *
 * @param refusal why it is not answered at all
 * @param route the route taken
 * @param allowed who may answer, in the order expected
 * @param rejected whom else the route names
 * @param currency of costs
 */
public record Verdict(
    Optional<Label> label,
    Optional<String> refusal,
    Optional<String> route,
    List<Choice> allowed,
    List<Against> rejected,
    Optional<String> currency) {

  public Verdict {
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(refusal, "refusal");
    Objects.requireNonNull(route, "route");
    allowed = List.copyOf(allowed);
    rejected = List.copyOf(rejected);
    Objects.requireNonNull(currency, "currency");
  }

  static Verdict refused(Optional<Label> label, String why) {
    return new Verdict(
        label, Optional.of(why), Optional.empty(), List.of(), List.of(), Optional.empty());
  }

  /**
   * A provider that may answer.
   *
   * @param cost absent for one without prices
   */
  public record Choice(String provider, Optional<BigDecimal> cost) {}

  /** A provider that may not. */
  public record Against(String provider, String reason, String explanation) {}

  /** What it costs if the first one answers. */
  public BigDecimal cost() {
    return allowed.stream().findFirst().flatMap(Choice::cost).orElse(BigDecimal.ZERO);
  }

  /** All of it in one line. */
  public String line() {
    String choices =
        allowed.stream()
            .map(choice -> choice.provider() + choice.cost().map(this::shown).orElse(""))
            .collect(Collectors.joining(", "));
    String against =
        rejected.stream()
            .map(rejection -> rejection.provider() + ": " + rejection.explanation())
            .collect(Collectors.joining("; "));
    return head() + tail(choices, against);
  }

  /** The line without amounts, which many requests share. */
  public String kind() {
    String choices = allowed.stream().map(Choice::provider).collect(Collectors.joining(", "));
    String against =
        rejected.stream()
            .map(rejection -> rejection.provider() + " (" + rejection.reason() + ")")
            .collect(Collectors.joining(", "));
    return head() + tail(choices, against);
  }

  private String head() {
    return "%-12s  %-16s  ".formatted(label.map(Label::text).orElse("-"), route.orElse("-"));
  }

  private String tail(String choices, String against) {
    if (refusal.isPresent()) {
      return "refused: " + refusal.get() + (against.isEmpty() ? "" : "; not " + against);
    }
    return choices + (against.isEmpty() ? "" : "; not " + against);
  }

  private String shown(BigDecimal amount) {
    return " " + money(amount, currency);
  }

  /** An amount as people read it. */
  public static String money(BigDecimal amount, Optional<String> currency) {
    String number = amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    return number
        + currency.filter(code -> !code.equals(Policy.NO_CURRENCY)).map(" "::concat).orElse("");
  }
}
