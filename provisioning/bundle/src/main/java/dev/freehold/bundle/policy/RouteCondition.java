package dev.freehold.bundle.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A route's condition, a CEL expression over {@link RouteFacts}. It is checked for types when it is
 * compiled. CEL always terminates; the bounds here keep it quick as well.
 */
public final class RouteCondition {

  /** Longer conditions are refused. */
  public static final int CHARACTERS_MAX = 2048;

  private static final int COMPREHENSION_ITERATIONS_MAX = 1000;
  private static final int RECURSION_MAX = 32;

  private final String source;
  private final CelRuntime.Program program;

  private RouteCondition(String source, CelRuntime.Program program) {
    this.source = source;
    this.program = program;
  }

  /**
   * Compiles a condition.
   *
   * @throws InvalidCondition if it is not CEL, names something unknown or is not true or false
   */
  public static RouteCondition compile(String cel) {
    Objects.requireNonNull(cel, "cel");
    if (cel.length() > CHARACTERS_MAX) {
      throw new InvalidCondition(
          1, 1, "expected at most " + CHARACTERS_MAX + " characters, found " + cel.length());
    }
    try {
      CelAbstractSyntaxTree tree = Cel.COMPILER.compile(cel).getAst();
      return new RouteCondition(cel, Cel.RUNTIME.createProgram(tree));
    } catch (CelValidationException e) {
      throw invalid(e);
    } catch (CelEvaluationException | RuntimeException e) {
      throw new InvalidCondition(1, 1, "cannot be compiled: " + e.getMessage());
    }
  }

  /**
   * Whether the condition holds. A condition that cannot be evaluated for these facts (a division
   * by zero, say) does not hold: a route only orders candidates that locality allows anyway, so
   * passing it over opens nothing.
   */
  public boolean matches(RouteFacts facts) {
    try {
      return Boolean.TRUE.equals(program.eval(values(facts)));
    } catch (CelEvaluationException | RuntimeException e) {
      return false;
    }
  }

  /** The expression as the policy has it. */
  public String source() {
    return source;
  }

  @Override
  public String toString() {
    return source;
  }

  private static Map<String, Object> values(RouteFacts facts) {
    Map<String, Object> values = new HashMap<>();
    values.put("client", facts.client());
    values.put("groups", facts.groups());
    values.put("label", facts.label().text());
    values.put("model", facts.model());
    values.put("request.promptTokens", (long) facts.promptTokens());
    values.put("needs.tools", facts.needsTools());
    values.put("needs.vision", facts.needsVision());
    values.put("needs.reasoning", facts.needsReasoning());
    values.put("engine.queueSeconds", facts.engineQueueSeconds());
    values.put("time.hour", (long) facts.hourOfDay());
    return values;
  }

  private static InvalidCondition invalid(CelValidationException e) {
    List<CelIssue> issues = e.getErrors();
    if (issues.isEmpty()) {
      return new InvalidCondition(1, 1, "is not valid CEL");
    }
    CelIssue first = issues.getFirst();
    int line = Math.max(1, first.getSourceLocation().getLine());
    int column = Math.max(0, first.getSourceLocation().getColumn()) + 1;
    return new InvalidCondition(line, column, first.getMessage());
  }

  /** A condition that does not compile. */
  public static final class InvalidCondition extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;

    InvalidCondition(int line, int column, String message) {
      super(message);
      this.line = line;
      this.column = column;
    }

    /** Inside the condition, from 1. */
    public int line() {
      return line;
    }

    /** Inside the condition, from 1. */
    public int column() {
      return column;
    }
  }

  /** Built at first use: CEL's classes take a noticeable part of a second to load. */
  private static final class Cel {

    private static final CelOptions OPTIONS =
        CelOptions.current()
            .enableHeterogeneousNumericComparisons(true)
            .maxExpressionCodePointSize(CHARACTERS_MAX)
            .maxParseRecursionDepth(RECURSION_MAX)
            .comprehensionMaxIterations(COMPREHENSION_ITERATIONS_MAX)
            .build();

    static final CelCompiler COMPILER =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.EXISTS, CelStandardMacro.ALL)
            .addVar("client", SimpleType.STRING)
            .addVar("groups", ListType.create(SimpleType.STRING))
            .addVar("label", SimpleType.STRING)
            .addVar("model", SimpleType.STRING)
            .addVar("request.promptTokens", SimpleType.INT)
            .addVar("needs.tools", SimpleType.BOOL)
            .addVar("needs.vision", SimpleType.BOOL)
            .addVar("needs.reasoning", SimpleType.BOOL)
            .addVar("engine.queueSeconds", SimpleType.DOUBLE)
            .addVar("time.hour", SimpleType.INT)
            .setResultType(SimpleType.BOOL)
            .build();

    static final CelRuntime RUNTIME =
        CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS).build();
  }
}
