package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One mapping of the file, read key by key. A value of the wrong type becomes a problem and reads
 * as absent, so that the rest of the file is still checked.
 */
final class Section {

  private static final int NAMES_MAX = 1000;

  private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,9}");
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(ms|s|m|h)");

  private final String what;
  private final Node node;
  private final Problems problems;
  private final Map<String, NodeTuple> fields = new LinkedHashMap<>();

  /** Known keys that are most likely there, but mistyped: nobody need be told twice. */
  private final Set<String> mistyped = new HashSet<>();

  private boolean isMistyped;

  private Section(String what, Node node, Problems problems) {
    this.what = what;
    this.node = node;
    this.problems = problems;
  }

  /** An empty value reads as an empty mapping: its required keys are then the problems. */
  static Section of(String what, Node node, Problems problems) {
    Section section = new Section(what, node, problems);
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        section.add(tuple);
      }
    } else if (!isNull(node)) {
      problems.add(node, "expected " + what + " to be a mapping, found " + kind(node));
    }
    return section;
  }

  Section onlyKeys(List<String> known) {
    for (Map.Entry<String, NodeTuple> field : fields.entrySet()) {
      String key = field.getKey();
      if (!known.contains(key)) {
        String hint = Problems.didYouMean(key, known);
        Problems.nearest(key, known).ifPresent(mistyped::add);
        problems.add(
            field.getValue().getKeyNode(),
            "unknown key "
                + Problems.shown(key)
                + " in "
                + what
                + (hint.isEmpty() ? "; known are " + String.join(", ", known) : hint));
      }
    }
    return this;
  }

  /**
   * The keys of a section of names; names that may not be used become problems and are left out.
   *
   * @param pattern of a name that may be used
   * @param example an entry, for a section without one
   */
  List<String> names(Pattern pattern, String example) {
    if (fields.isEmpty() && isMistyped) {
      return List.of();
    }
    if (fields.isEmpty()) {
      problems.add(node, "expected at least one entry in " + what + ": " + example);
    } else if (fields.size() > NAMES_MAX) {
      problems.add(
          node,
          "expected at most " + NAMES_MAX + " entries in " + what + ", found " + fields.size());
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String name : fields.keySet()) {
      if (pattern.matcher(name).matches()) {
        names.add(name);
      } else {
        problems.add(
            keyNode(name),
            "the name "
                + Problems.shown(name)
                + " in "
                + what
                + " may not be used; expected up to 63 letters, digits, dots and dashes");
      }
    }
    return names;
  }

  Node node() {
    return node;
  }

  Collection<String> keys() {
    return fields.keySet();
  }

  boolean has(String key) {
    return fields.containsKey(key) && !isNull(fields.get(key).getValueNode());
  }

  /** Whether a key that is needed is neither there nor meant by a mistyped one. */
  boolean lacks(String key) {
    return !has(key) && !mistyped.contains(key);
  }

  /** Where a problem with the key is shown: its value, or the section when it is missing. */
  Node at(String key) {
    NodeTuple tuple = fields.get(key);
    return tuple == null ? node : tuple.getValueNode();
  }

  Node keyNode(String key) {
    return fields.get(key).getKeyNode();
  }

  /** The section under the key; an absent one is empty. */
  Section section(String key, String name) {
    if (has(key)) {
      return of(name, at(key), problems);
    }
    Section empty = new Section(name, at(key), problems);
    empty.isMistyped = mistyped.contains(key);
    return empty;
  }

  void problem(String key, String message) {
    problems.add(at(key), message);
  }

  Optional<String> text(String key) {
    return scalar(key, "text").map(ScalarNode::getValue);
  }

  Optional<String> requiredText(String key, String example) {
    if (lacks(key)) {
      problems.add(node, what + " needs \"" + key + "\", for example " + key + ": " + example);
      return Optional.empty();
    }
    return text(key);
  }

  /** A name of a pattern. */
  Optional<String> name(String key, Pattern pattern, Optional<String> name) {
    if (name.isPresent() && !pattern.matcher(name.get()).matches()) {
      problem(
          key,
          "the name "
              + Problems.shown(name.get())
              + " may not be used; expected up to 63 letters, digits, dots and dashes");
      return Optional.empty();
    }
    return name;
  }

  /** Text of a pattern that may be a secret put in the wrong place: it is never repeated. */
  Optional<String> unrepeated(String key, Pattern pattern, String expected) {
    Optional<String> text = text(key);
    if (text.isPresent() && !pattern.matcher(text.get()).matches()) {
      problem(key, "expected " + key + " to be " + expected + ", found other text");
      return Optional.empty();
    }
    return text;
  }

  /** One of a fixed set of words. */
  <T> Optional<T> choice(
      String key, String name, Function<String, Optional<T>> find, List<String> known) {
    Optional<String> text = text(key);
    Optional<T> found = text.flatMap(find);
    if (text.isPresent() && found.isEmpty()) {
      problem(key, Problems.unknown(name, text.get(), known));
    }
    return found;
  }

  /** Several of a fixed set of words, none of them twice. */
  <T> Set<T> choices(
      String key, String name, Function<String, Optional<T>> find, List<String> known) {
    Set<T> chosen = new LinkedHashSet<>();
    for (ScalarNode word : words(key)) {
      Optional<T> found = find.apply(word.getValue());
      if (found.isEmpty()) {
        problems.add(word, Problems.unknown(name, word.getValue(), known));
      } else if (!chosen.add(found.get())) {
        problems.add(word, "\"" + word.getValue() + "\" stands twice in " + key + "; remove one");
      }
    }
    return chosen;
  }

  boolean flag(String key) {
    Optional<String> text = text(key);
    if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
      problem(key, "expected " + key + " to be true or false, found " + Problems.shown(text.get()));
    }
    return text.isPresent() && text.get().equals("true");
  }

  OptionalInt number(String key, int min, int max) {
    Optional<ScalarNode> scalar = scalar(key, "a whole number");
    if (scalar.isEmpty()) {
      return OptionalInt.empty();
    }
    String text = scalar.get().getValue();
    if (WHOLE_NUMBER.matcher(text).matches()) {
      int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return OptionalInt.of(value);
      }
    }
    problem(
        key, "expected " + key + " from " + min + " to " + max + ", found " + Problems.shown(text));
    return OptionalInt.empty();
  }

  Optional<BigDecimal> decimal(String key) {
    Optional<ScalarNode> scalar = scalar(key, "a number");
    if (scalar.isPresent() && !DECIMAL.matcher(scalar.get().getValue()).matches()) {
      problem(
          key,
          "expected "
              + key
              + " to be a number such as 0.4, found "
              + Problems.shown(scalar.get().getValue()));
      return Optional.empty();
    }
    return scalar.map(found -> new BigDecimal(found.getValue()));
  }

  /** A number above zero. */
  Optional<BigDecimal> positive(String key) {
    Optional<BigDecimal> number = decimal(key);
    if (number.isPresent() && number.get().signum() == 0) {
      problem(key, "expected " + key + " to be more than 0, found 0; raise it or remove the key");
      return Optional.empty();
    }
    return number;
  }

  Duration duration(String key, Duration otherwise, Duration max) {
    return duration(key, max).orElse(otherwise);
  }

  Optional<Duration> duration(String key, Duration max) {
    Optional<ScalarNode> scalar = scalar(key, "a duration");
    if (scalar.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = DURATION.matcher(scalar.get().getValue());
    if (matcher.matches()) {
      Duration value = duration(Long.parseLong(matcher.group(1)), matcher.group(2));
      if (value.isPositive() && value.compareTo(max) <= 0) {
        return Optional.of(value);
      }
    }
    problem(
        key,
        "expected "
            + key
            + " to be a duration such as 500ms, 30s or 5m, at most "
            + max.toMinutes()
            + "m, found "
            + Problems.shown(scalar.get().getValue()));
    return Optional.empty();
  }

  /** The items of a list; an absent list is empty. */
  List<Node> list(String key) {
    if (!has(key)) {
      return List.of();
    }
    if (at(key) instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    problem(key, "expected " + key + " to be a list, found " + kind(at(key)));
    return List.of();
  }

  boolean isEmptyList(String key) {
    return at(key) instanceof SequenceNode sequence && sequence.getValue().isEmpty();
  }

  /** The items of a list of words, each with its node. */
  List<ScalarNode> words(String key) {
    List<ScalarNode> words = new ArrayList<>();
    for (Node item : list(key)) {
      if (item instanceof ScalarNode scalar && !isNull(item)) {
        words.add(scalar);
      } else {
        problems.add(item, "expected " + key + " to list names, found " + kind(item));
      }
    }
    return words;
  }

  Optional<ScalarNode> scalar(String key, String expected) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (at(key) instanceof ScalarNode scalar) {
      return Optional.of(scalar);
    }
    problem(key, "expected " + key + " to be " + expected + ", found " + kind(at(key)));
    return Optional.empty();
  }

  private void add(NodeTuple tuple) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      problems.add(tuple.getKeyNode(), "expected a name as key of " + what);
    } else if (fields.putIfAbsent(key.getValue(), tuple) != null) {
      problems.add(
          key,
          "the key "
              + Problems.shown(key.getValue())
              + " stands twice in "
              + what
              + "; remove one");
    }
  }

  private static Duration duration(long amount, String unit) {
    return switch (unit) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private static String kind(Node node) {
    return switch (node.getNodeType()) {
      case MAPPING -> "a mapping";
      case SEQUENCE -> "a list";
      // Never the value itself, which may be a secret in the wrong place.
      case SCALAR -> isNull(node) ? "nothing" : "a single value";
      case ANCHOR -> "an alias";
    };
  }
}
