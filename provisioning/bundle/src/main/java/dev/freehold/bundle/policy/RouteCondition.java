package dev.freehold.bundle.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A route's condition, a CEL expression over {@link RouteFacts} by the names of {@link Fact}. It is
 * checked for types when it is compiled. CEL always terminates; the bounds here keep it quick as
 * well.
 */
public final class RouteCondition {

  /** Longer conditions are refused. */
  public static final int CHARACTERS_MAX = 2048;

  private static final int COMPREHENSION_ITERATIONS_MAX = 1000;
  private static final int RECURSION_MAX = 32;
  private static final String UNDECLARED = "undeclared reference to '";

  private final String source;
  private final CelRuntime.Program program;
  private final long promptTokensAlike;

  private RouteCondition(String source, CelAbstractSyntaxTree tree) {
    this.source = source;
    this.program = program(tree);
    this.promptTokensAlike = new ConditionThresholds(tree, Fact.PROMPT_TOKENS).alikeBelow();
  }

  /**
   * Compiles a condition.
   *
   * @throws InvalidCondition if it is not CEL, names something unknown or is not true or false
   */
  public static RouteCondition compile(String cel) {
    return new RouteCondition(cel, tree(cel));
  }

  /**
   * As {@link #compile(String)}, where the names that it compares with are known too.
   *
   * @throws InvalidCondition also if it asks for a label, a kind of personal data, a model or a
   *     provider that there is none of, and so could never hold
   */
  static RouteCondition compile(String cel, Set<String> models, Set<String> providers) {
    CelAbstractSyntaxTree tree = tree(cel);
    new ConditionNames(tree, models, providers).check();
    return new RouteCondition(cel, tree);
  }

  private static CelAbstractSyntaxTree tree(String cel) {
    Objects.requireNonNull(cel, "cel");
    if (cel.length() > CHARACTERS_MAX) {
      throw new InvalidCondition(
          1, 1, "expected at most " + CHARACTERS_MAX + " characters, found " + cel.length());
    }
    try {
      return Cel.COMPILER.compile(cel).getAst();
    } catch (CelValidationException e) {
      throw invalid(cel, e);
    } catch (RuntimeException e) {
      throw new InvalidCondition(1, 1, "it cannot be compiled: " + e.getMessage());
    }
  }

  private static CelRuntime.Program program(CelAbstractSyntaxTree tree) {
    try {
      return Cel.RUNTIME.createProgram(tree);
    } catch (CelEvaluationException | RuntimeException e) {
      throw new InvalidCondition(1, 1, "it cannot be compiled: " + e.getMessage());
    }
  }

  /**
   * Whether the condition holds. A condition that cannot be evaluated for these facts (a division
   * by zero, the price of a provider that has none) does not hold: a route only orders candidates
   * that locality allows anyway, so passing it over opens nothing.
   */
  public boolean matches(RouteFacts facts) {
    try {
      return Boolean.TRUE.equals(
          program.eval(name -> Optional.ofNullable(Fact.BY_TEXT.get(name)).map(f -> f.of(facts))));
    } catch (CelEvaluationException | RuntimeException e) {
      return false;
    }
  }

  /**
   * Whether the length of a prompt decides, of one that has at most so many tokens. {@code
   * request.promptTokens > 6000 || needs.tools} is the same for any two prompts of at most 5000
   * tokens, whose tokens need not be counted for it.
   */
  public boolean dependsOnPrompt(long promptTokensMax) {
    return promptTokensMax >= promptTokensAlike;
  }

  /** The expression as the policy has it. */
  public String source() {
    return source;
  }

  @Override
  public String toString() {
    return source;
  }

  private static InvalidCondition invalid(String cel, CelValidationException e) {
    List<CelIssue> issues = e.getErrors();
    if (issues.isEmpty()) {
      return new InvalidCondition(1, 1, "it is not CEL");
    }
    CelIssue first = issues.getFirst();
    int line = Math.max(1, first.getSourceLocation().getLine());
    int column = Math.max(0, first.getSourceLocation().getColumn()) + 1;
    String message = first.getMessage();
    if (message.startsWith(UNDECLARED)) {
      return unknownName(cel, line, column, message);
    }
    return new InvalidCondition(line, column, message);
  }

  /** CEL names the first word of an unknown name; whoever wrote it looks for all of it. */
  private static InvalidCondition unknownName(String cel, int line, int column, String message) {
    String name = nameAt(cel, line, column);
    if (name.isEmpty()) {
      String rest = message.substring(UNDECLARED.length());
      name = rest.substring(0, Math.max(0, rest.indexOf('\'')));
    }
    return new InvalidCondition(line, column, Problems.unknown("fact", name, Fact.texts()));
  }

  private static String nameAt(String cel, int line, int column) {
    List<String> lines = cel.lines().toList();
    if (line > lines.size() || column > lines.get(line - 1).length()) {
      return "";
    }
    String text = lines.get(line - 1);
    int end = column - 1;
    while (end < text.length()
        && (Character.isLetterOrDigit(text.charAt(end)) || "_.".indexOf(text.charAt(end)) >= 0)) {
      end++;
    }
    return text.substring(column - 1, end);
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

    static final CelCompiler COMPILER = compiler();

    static final CelRuntime RUNTIME =
        CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS).build();

    private static CelCompiler compiler() {
      CelCompilerBuilder builder =
          CelCompilerFactory.standardCelCompilerBuilder()
              .setOptions(OPTIONS)
              .setStandardMacros(
                  CelStandardMacro.EXISTS, CelStandardMacro.ALL, CelStandardMacro.HAS)
              .setResultType(SimpleType.BOOL);
      for (Fact fact : Fact.values()) {
        builder.addVar(fact.text(), fact.type());
      }
      return builder.build();
    }
  }
}
