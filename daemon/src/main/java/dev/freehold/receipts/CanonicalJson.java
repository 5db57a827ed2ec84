package dev.freehold.receipts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON in which equal values have equal bytes: RFC 8785 (JCS) with two restrictions. Numbers are
 * whole and at most 2^53-1 in size, so that no rule for fractions is needed; and every character
 * beyond ASCII is written as an escape with lower-case hex digits, where JCS would write UTF-8.
 * Members are ordered by name, there is no white space, and there is no null: what is absent is
 * left out.
 */
final class CanonicalJson {

  static final long NUMBER_MAX = (1L << 53) - 1;

  private static final int FIRST_PRINTABLE = 0x20;
  private static final int LAST_ASCII = 0x7f;

  private CanonicalJson() {}

  /**
   * The canonical text, which is ASCII.
   *
   * @throws IllegalArgumentException if the value is none that the form knows
   */
  static String text(JsonNode value) {
    StringBuilder text = new StringBuilder(512);
    append(text, value);
    return text.toString();
  }

  static void append(StringBuilder text, JsonNode value) {
    if (value.isObject()) {
      appendObject(text, value);
    } else if (value.isArray()) {
      text.append('[');
      for (int i = 0; i < value.size(); i++) {
        append(i == 0 ? text : text.append(','), value.get(i));
      }
      text.append(']');
    } else if (value.isTextual()) {
      append(text, value.textValue());
    } else if (value.isBoolean()) {
      text.append(value.booleanValue());
    } else if (value.isIntegralNumber()
        && value.canConvertToLong()
        && value.longValue() <= NUMBER_MAX
        && value.longValue() >= -NUMBER_MAX) {
      text.append(value.longValue());
    } else {
      throw new IllegalArgumentException(
          "expected an object, an array, a text, a whole number up to 2^53-1 or a truth value,"
              + " found a "
              + value.getNodeType());
    }
  }

  private static void appendObject(StringBuilder text, JsonNode object) {
    Map<String, JsonNode> members = new TreeMap<>();
    object.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
    text.append('{');
    boolean first = true;
    for (Map.Entry<String, JsonNode> member : members.entrySet()) {
      append(first ? text : text.append(','), member.getKey());
      append(text.append(':'), member.getValue());
      first = false;
    }
    text.append('}');
  }

  static void append(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\t' -> text.append("\\t");
        case '\n' -> text.append("\\n");
        case '\f' -> text.append("\\f");
        case '\r' -> text.append("\\r");
        default -> {
          if (c >= FIRST_PRINTABLE && c <= LAST_ASCII) {
            text.append(c);
          } else {
            appendEscape(text, c);
          }
        }
      }
    }
    text.append('"');
  }

  private static void appendEscape(StringBuilder text, char c) {
    text.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      text.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
