package dev.freehold.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import java.util.List;
import java.util.Map;

/**
 * Refuses a JSON schema that would take long, before llama.cpp sees it: its compiler and its
 * grammar run in native code, which nothing can interrupt, and a slow grammar holds up every stream
 * of the engine.
 *
 * <p>The bounds were found by experiment on two busy cores: 1,000 optional properties took 2.5 s to
 * compile, 1,000 values of an enum 0.1 to 1 s a token, {@code ((a{0,30}){0,30}){0,30}} more than 2
 * s for the first token and much more for the next. What is inside the bounds compiles in some
 * milliseconds.
 */
final class SchemaBounds {

  static final int CHARACTERS_MAX = 65_536;
  static final int DEPTH_MAX = 40;
  static final int NODES_MAX = 8_192;
  static final int PROPERTIES_MAX = 256;
  static final int ALTERNATIVES_MAX = 256;

  /** llama.cpp itself refuses more. */
  static final int REPETITIONS_MAX = 2_000;

  /** Of repetitions inside each other, the product. */
  static final long NESTED_REPETITIONS_MAX = 10_000;

  static final int PATTERN_CHARACTERS_MAX = 256;

  /**
   * Each quantifier is a place where the text may be cut in several ways, and the ways multiply
   * with the length of a token.
   */
  static final int PATTERN_QUANTIFIERS_MAX = 10;

  private static final List<String> REPETITIONS =
      List.of("minItems", "maxItems", "minLength", "maxLength");

  private final String param;
  private int nodes;
  private int alternatives;

  private SchemaBounds(String param) {
    this.param = param;
  }

  /**
   * Checks a schema.
   *
   * @param param how errors call it
   */
  static void check(JsonNode schema, int characters, String param) throws InferenceException {
    SchemaBounds bounds = new SchemaBounds(param);
    bounds.require(characters, CHARACTERS_MAX, "characters");
    bounds.visit(schema, 1, 1);
  }

  private void visit(JsonNode node, int depth, long repeated) throws InferenceException {
    require(depth, DEPTH_MAX, "levels of nesting");
    nodes++;
    require(nodes, NODES_MAX, "values");
    long inside = repeated;
    if (node.isObject()) {
      inside = repetitions(node, repeated);
      pattern(node.path("pattern"));
      require(node.path("properties").size(), PROPERTIES_MAX, "properties in one object");
      for (String name : List.of("enum", "anyOf", "oneOf", "prefixItems")) {
        alternatives += node.path(name).size();
      }
      if (node.path("type").isArray()) {
        alternatives += node.path("type").size();
      }
      require(alternatives, ALTERNATIVES_MAX, "values of enums and alternatives together");
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        visit(field.getValue(), depth + 1, inside);
      }
    } else if (node.isArray()) {
      for (JsonNode element : node) {
        visit(element, depth + 1, inside);
      }
    }
  }

  private long repetitions(JsonNode node, long repeated) throws InferenceException {
    long most = 1;
    for (String name : REPETITIONS) {
      JsonNode count = node.path(name);
      if (count.isNumber()) {
        double times = count.doubleValue();
        require((long) Math.min(times, Integer.MAX_VALUE), REPETITIONS_MAX, name);
        most = Math.max(most, (long) times);
      }
    }
    long product = repeated * most;
    require(product, NESTED_REPETITIONS_MAX, "repetitions inside each other");
    return product;
  }

  private void pattern(JsonNode pattern) throws InferenceException {
    if (!pattern.isTextual()) {
      return;
    }
    String text = pattern.textValue();
    require(text.length(), PATTERN_CHARACTERS_MAX, "characters in a pattern");
    require(PatternBounds.quantifiers(text), PATTERN_QUANTIFIERS_MAX, "quantifiers in a pattern");
    if (PatternBounds.repeatsARepetition(text)) {
      throw refusal("a pattern with a repetition inside a repetition", "take one of them out");
    }
  }

  private void require(long found, long max, String what) throws InferenceException {
    if (found > max) {
      throw refusal("more than %d %s".formatted(max, what), "simplify it");
    }
  }

  private InferenceException refusal(String found, String advice) {
    return new InferenceException(
        Kind.INVALID_REQUEST, "%s has %s: %s".formatted(param, found, advice));
  }
}
