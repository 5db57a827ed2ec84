package dev.freehold.bundle.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.navigation.CelNavigableAst;
import dev.freehold.bundle.policy.RouteCondition.InvalidCondition;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds names in a condition that compile, being mere text, but that nothing has: {@code label ==
 * 'confidental'} would never hold and nobody would know. Groups are not among them: a certificate
 * may name some that the policy does not.
 */
final class ConditionNames {

  private static final String INDEX = "_[_]";
  private static final String IN = "@in";
  private static final Set<String> COMPARISONS = Set.of("_==_", "_!=_");

  private final CelAbstractSyntaxTree tree;
  private final Map<String, Collection<String>> knownByFact;

  ConditionNames(CelAbstractSyntaxTree tree, Set<String> models, Set<String> providers) {
    this.tree = tree;
    this.knownByFact =
        Map.of(
            Fact.LABEL.text(), Label.texts(),
            Fact.DETECTED.text(), PersonalData.texts(),
            Fact.MODEL.text(), models,
            Fact.PRICE.text(), providers,
            Fact.LATENCY.text(), providers);
  }

  /**
   * Looks at every comparison, membership and look-up.
   *
   * @throws InvalidCondition at the first name that there is none of
   */
  void check() {
    CelNavigableAst.fromAst(tree).getRoot().allNodes().forEach(node -> check(node.expr()));
  }

  private void check(CelExpr expression) {
    switch (expression.getKind()) {
      case SELECT -> {
        CelExpr map = expression.select().operand();
        if (isMap(name(map))) {
          require(name(map).orElseThrow(), expression.select().field(), map);
        }
      }
      case CALL -> checkCall(expression.call());
      case NOT_SET, CONSTANT, IDENT, LIST, STRUCT, MAP, COMPREHENSION -> {}
    }
  }

  private void checkCall(CelCall call) {
    if (call.args().size() != 2) {
      return;
    }
    CelExpr left = call.args().get(0);
    CelExpr right = call.args().get(1);
    if (COMPARISONS.contains(call.function())) {
      name(left).ifPresent(fact -> requireText(fact, right));
      name(right).ifPresent(fact -> requireText(fact, left));
    } else if (call.function().equals(INDEX)) {
      name(left).ifPresent(fact -> requireText(fact, right));
    } else if (call.function().equals(IN)) {
      name(right).ifPresent(fact -> requireText(fact, left));
      if (right.getKind() == CelExpr.ExprKind.Kind.LIST) {
        name(left).ifPresent(fact -> right.list().elements().forEach(e -> requireText(fact, e)));
      }
    }
  }

  private static boolean isMap(Optional<String> fact) {
    return fact.isPresent()
        && (fact.get().equals(Fact.PRICE.text()) || fact.get().equals(Fact.LATENCY.text()));
  }

  private static Optional<String> name(CelExpr expression) {
    return expression.getKind() == CelExpr.ExprKind.Kind.IDENT
        ? Optional.of(expression.ident().name())
        : Optional.empty();
  }

  private void requireText(String fact, CelExpr expression) {
    boolean isText =
        expression.getKind() == CelExpr.ExprKind.Kind.CONSTANT
            && expression.constant().getKind() == CelConstant.Kind.STRING_VALUE;
    if (isText) {
      require(fact, expression.constant().stringValue(), expression);
    }
  }

  private void require(String fact, String name, CelExpr at) {
    Collection<String> known = knownByFact.getOrDefault(fact, List.of(name));
    if (!known.contains(name)) {
      Optional<CelSourceLocation> place =
          Optional.ofNullable(tree.getSource().getPositionsMap().get(at.id()))
              .flatMap(tree.getSource()::getOffsetLocation);
      throw new InvalidCondition(
          place.map(CelSourceLocation::getLine).orElse(1),
          place.map(CelSourceLocation::getColumn).orElse(0) + 1,
          Problems.unknown(what(fact), name, known));
    }
  }

  private static String what(String fact) {
    return switch (fact) {
      case "price", "latency" -> "provider";
      case "detected" -> "kind of personal data";
      default -> fact;
    };
  }
}
