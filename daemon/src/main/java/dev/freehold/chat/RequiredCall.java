package dev.freehold.chat;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes a required tool call a certainty where llama.cpp knows the template's form of one.
 *
 * <p>For a required call llama.cpp's grammar lets the model write any text before the call, which a
 * small model does until its limit. A call that is required is the whole answer, so the grammar
 * begins with it. Models that think first keep llama.cpp's grammar, since their thoughts come
 * before the call.
 */
final class RequiredCall {

  private static final Pattern ROOT = Pattern.compile("(?m)^root ::= .*$");
  private static final Pattern ONE = Pattern.compile("(?m)^tool-call ::= ");
  private static final Pattern SEVERAL = Pattern.compile("(?m)^tool-calls ::= ");

  /**
   * How llama.cpp repeats a call. Its calls may be left out and its white space be nothing, so that
   * a run of spaces can be read in ways that double with each space.
   */
  private static final Pattern LOOSE =
      Pattern.compile("(?m)^tool-calls ::= \\(tool-call\\? space\\)\\+$");

  private static final String TIGHT = "tool-calls ::= (tool-call space)+";

  private RequiredCall() {}

  /**
   * The grammar of nothing but calls.
   *
   * @param grammar llama.cpp's, whose rules {@code tool-call} and {@code tool-calls} are taken
   * @return nothing if the grammar has no such rules
   */
  static Optional<String> grammar(String grammar, boolean parallel) {
    boolean several = SEVERAL.matcher(grammar).find();
    boolean one = ONE.matcher(grammar).find();
    if (!several && !one) {
      return Optional.empty();
    }
    boolean takeSeveral = several && (parallel || !one);
    String rooted =
        ROOT.matcher(grammar)
            .replaceFirst("root ::= " + (takeSeveral ? "tool-calls" : "tool-call"));
    return Optional.of(one ? LOOSE.matcher(rooted).replaceFirst(TIGHT) : rooted);
  }
}
