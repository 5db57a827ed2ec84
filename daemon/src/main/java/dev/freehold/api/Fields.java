package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Typed access to the fields of a client's JSON object. A field that is null counts as absent, as
 * in OpenAI's API. A wrong one is refused by its path, with the type found and never its value.
 */
final class Fields {

  /** Fields that this box does not know and yet passes on, and how long they may be together. */
  static final int EXTRAS_MAX = 64;

  static final int EXTRA_CHARACTERS_MAX = 65_536;

  private final ObjectNode node;
  private final String prefix;
  private final Optional<Set<String>> asked;

  private Fields(ObjectNode node, String prefix, Optional<Set<String>> asked) {
    this.node = node;
    this.prefix = prefix;
    this.asked = asked;
  }

  /** The fields of a whole body; only of these it is noted which were asked for. */
  static Fields of(ObjectNode node) {
    return new Fields(node, "", Optional.of(new HashSet<>()));
  }

  private static Fields within(ObjectNode node, String prefix) {
    return new Fields(node, prefix, Optional.empty());
  }

  /**
   * The fields that nobody asked for until now, for a provider of the same API. When they pass a
   * bound, none is passed on: this box does not know what one of them is without the others.
   *
   * @param carried fields that were asked for and have no place in the neutral form
   */
  Extras extras(Extras.Form form, Set<String> carried) {
    Set<String> known = asked.orElseThrow();
    Map<String, String> extras = new LinkedHashMap<>();
    int characters = 0;
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      String name = field.getKey();
      if (field.getValue().isNull() || (known.contains(name) && !carried.contains(name))) {
        continue;
      }
      String json = field.getValue().toString();
      characters += name.length() + json.length();
      if (extras.size() == EXTRAS_MAX || characters > EXTRA_CHARACTERS_MAX) {
        return Extras.NONE;
      }
      extras.put(name, json);
    }
    return extras.isEmpty() ? Extras.NONE : new Extras(form, extras);
  }

  /** The field's path as an error names it. */
  String path(String name) {
    return prefix + name;
  }

  private void note(String name) {
    if (asked.isPresent()) {
      asked.get().add(name);
    }
  }

  boolean has(String name) {
    note(name);
    return node.hasNonNull(name);
  }

  /** The field as it stands; a missing node if absent or null. */
  JsonNode raw(String name) {
    note(name);
    JsonNode value = node.path(name);
    return value.isNull() ? node.path("\0") : value;
  }

  Optional<String> text(String name) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong(name, "a string", value);
    }
    return Optional.of(value.textValue());
  }

  String requiredText(String name) throws ApiException {
    Optional<String> value = text(name);
    if (value.isEmpty()) {
      throw ApiErrors.wrongParam(
          path(name), "'%s' is missing: send a string.".formatted(path(name)));
    }
    return value.get();
  }

  boolean flag(String name, boolean absent) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw wrong(name, "true or false", value);
    }
    return value.booleanValue();
  }

  OptionalDouble number(String name, double min, double max) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return OptionalDouble.empty();
    }
    double number = value.doubleValue();
    if (!value.isNumber() || !(number >= min && number <= max)) {
      throw wrong(name, String.format(Locale.ROOT, "a number between %s and %s", min, max), value);
    }
    return OptionalDouble.of(number);
  }

  OptionalInt integer(String name, int min, int max) throws ApiException {
    OptionalLong value = longInteger(name, min, max);
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  OptionalLong longInteger(String name, long min, long max) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return OptionalLong.empty();
    }
    // 1.0 is a whole number too, as JSON Schema has it.
    if (!value.isNumber()
        || !value.canConvertToExactIntegral()
        || !value.canConvertToLong()
        || value.longValue() < min
        || value.longValue() > max) {
      throw wrong(name, "a whole number between %d and %d".formatted(min, max), value);
    }
    return OptionalLong.of(value.longValue());
  }

  Optional<Fields> object(String name) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!(value instanceof ObjectNode object)) {
      throw wrong(name, "an object", value);
    }
    return Optional.of(within(object, path(name) + "."));
  }

  Fields requiredObject(String name) throws ApiException {
    Optional<Fields> value = object(name);
    if (value.isEmpty()) {
      throw ApiErrors.wrongParam(
          path(name), "'%s' is missing: send an object.".formatted(path(name)));
    }
    return value.get();
  }

  /** The objects of an array; none if the field is absent. */
  List<Fields> objects(String name, int max) throws ApiException {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw wrong(name, "an array of objects", value);
    }
    if (value.size() > max) {
      throw ApiErrors.wrongParam(
          path(name),
          "'%s' has %d entries, this box takes at most %d."
              .formatted(path(name), value.size(), max));
    }
    List<Fields> objects = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      String element = "%s[%d]".formatted(path(name), i);
      if (!(value.get(i) instanceof ObjectNode object)) {
        throw ApiErrors.wrongParam(
            element,
            "'%s' must be an object, found %s.".formatted(element, describe(value.get(i))));
      }
      objects.add(within(object, element + "."));
    }
    return objects;
  }

  /**
   * The whole numbers of an array.
   *
   * @param wrong what to say of the element at a place that is none
   */
  static int[] integers(JsonNode array, IntFunction<ApiException> wrong) throws ApiException {
    int[] numbers = new int[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode number = array.get(i);
      if (!number.canConvertToExactIntegral() || !number.canConvertToInt()) {
        throw wrong.apply(i);
      }
      numbers[i] = number.intValue();
    }
    return numbers;
  }

  ApiException wrong(String name, String expected, JsonNode found) {
    return ApiErrors.wrongParam(
        path(name), "'%s' must be %s, found %s.".formatted(path(name), expected, describe(found)));
  }

  ApiException unsupported(String name, String instead) {
    return ApiErrors.wrongParam(
        path(name), "This box does not support '%s'. %s".formatted(path(name), instead));
  }

  private static String describe(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "an array";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      case NUMBER -> value.isIntegralNumber() ? "another whole number" : "another number";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case BINARY, MISSING, POJO -> "nothing";
    };
  }
}
