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
    String start = several && (parallel || !one) ? "tool-calls" : "tool-call";
    return Optional.of(ROOT.matcher(grammar).replaceFirst("root ::= " + start));
  }
}
