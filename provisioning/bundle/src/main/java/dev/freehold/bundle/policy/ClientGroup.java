package dev.freehold.bundle.policy;

import java.util.Objects;

/**
 * A group of clients; a client's groups stand in its certificate.
 *
 * @param label the least that any request of the group is labelled
 * @param limits of all its clients together
 * @param budget of all its clients together
 * @param eachLimits of every one of its clients
 * @param eachBudget of every one of its clients
 */
public record ClientGroup(
    String name, Label label, Limits limits, Budget budget, Limits eachLimits, Budget eachBudget) {

  /** A group that names no label is treated as the most sensitive. */
  public static final Label DEFAULT_LABEL = Label.RESTRICTED;

  public ClientGroup {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(budget, "budget");
    Objects.requireNonNull(eachLimits, "eachLimits");
    Objects.requireNonNull(eachBudget, "eachBudget");
  }

  /** A group without limits for single clients and without budgets. */
  public ClientGroup(String name, Label label, Limits limits) {
    this(name, label, limits, Budget.NONE, Limits.NONE, Budget.NONE);
  }
}
