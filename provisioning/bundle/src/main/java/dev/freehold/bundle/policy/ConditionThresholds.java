package dev.freehold.bundle.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The whole numbers that a condition compares a fact with. Between two of them the fact makes no
 * difference, as long as the condition does nothing else with it.
 */
final class ConditionThresholds {

  private static final Set<String> COMPARISONS =
      Set.of("_>_", "_>=_", "_<_", "_<=_", "_==_", "_!=_");

  private final CelAbstractSyntaxTree tree;
  private final Fact fact;

  ConditionThresholds(CelAbstractSyntaxTree tree, Fact fact) {
    this.tree = tree;
    this.fact = fact;
  }

  /**
   * The bound below which all values from 0 on give the same outcome: the least number that the
   * fact is compared with; the largest there is if the condition does not read the fact, and 0 if
   * it does more with it than compare.
   */
  long alikeBelow() {
    long read =
        tree.getReferenceMap().values().stream()
            .filter(reference -> reference.name().equals(fact.text()))
            .count();
    long[] thresholds =
        CelNavigableAst.fromAst(tree)
            .getRoot()
            .allNodes()
            .map(node -> threshold(node.expr()))
            .flatMapToLong(OptionalLong::stream)
            .toArray();
    if (thresholds.length != read) {
      return 0;
    }
    long least = Long.MAX_VALUE;
    for (long threshold : thresholds) {
      least = Math.min(least, Math.max(0, threshold));
    }
    return least;
  }

  private OptionalLong threshold(CelExpr expression) {
    if (expression.getKind() != CelExpr.ExprKind.Kind.CALL
        || !COMPARISONS.contains(expression.call().function())
        || expression.call().args().size() != 2) {
      return OptionalLong.empty();
    }
    CelExpr left = expression.call().args().get(0);
    CelExpr right = expression.call().args().get(1);
    return isFact(left) ? number(right) : isFact(right) ? number(left) : OptionalLong.empty();
  }

  private boolean isFact(CelExpr expression) {
    return Optional.ofNullable(tree.getReferenceMap().get(expression.id()))
        .filter(reference -> reference.name().equals(fact.text()))
        .isPresent();
  }

  private static OptionalLong number(CelExpr expression) {
    return expression.getKind() == CelExpr.ExprKind.Kind.CONSTANT
            && expression.constant().getKind() == CelConstant.Kind.INT64_VALUE
        ? OptionalLong.of(expression.constant().int64Value())
        : OptionalLong.empty();
  }
}
