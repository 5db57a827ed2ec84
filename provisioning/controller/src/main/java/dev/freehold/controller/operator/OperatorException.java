package dev.freehold.controller.operator;

import dev.freehold.bundle.policy.Problem;
import java.util.List;

/** What the operator asked for did not happen. The message is for the operator. */
public final class OperatorException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  public OperatorException(String message) {
    this(message, List.of());
  }

  public OperatorException(String message, List<Problem> problems) {
    super(message);
    this.problems = List.copyOf(problems);
  }

  /** What is wrong with the policy, if that is why. */
  public List<Problem> problems() {
    return problems;
  }
}
