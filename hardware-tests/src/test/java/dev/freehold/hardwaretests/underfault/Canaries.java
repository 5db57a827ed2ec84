package dev.freehold.hardwaretests.underfault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Texts that are nowhere else, and the search for them. All begin alike and all end alike, so that
 * a piece of one is found too, and the search need not know which there are.
 */
final class Canaries {

  private static final String BEGIN = "QuetzalNebula";
  private static final String END = "PapayaZephyr";
  private static final int SHOWN_CHARS = 80;

  /** Every form by its name, as the Latin-1 text that a file with it holds. */
  static final Map<String, UnaryOperator<String>> FORMS = forms();

  private static final Map<String, String> SOUGHT = sought();

  private Canaries() {}

  /** One that tells the place it was put in. */
  static String of(String place) {
    return BEGIN + place + END;
  }

  private static Map<String, UnaryOperator<String>> forms() {
    Map<String, UnaryOperator<String>> forms = new LinkedHashMap<>();
    forms.put("plain", text -> text);
    forms.put("lower case", text -> text.toLowerCase(Locale.ROOT));
    forms.put(
        "two-byte characters",
        text -> new String(text.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1));
    forms.put("hex", text -> HexFormat.of().formatHex(bytes(text)));
    forms.put("upper-case hex", text -> HexFormat.of().withUpperCase().formatHex(bytes(text)));
    forms.put("spaced hex", text -> HexFormat.ofDelimiter(" ").formatHex(bytes(text)));
    forms.put(
        "URL-encoded",
        text -> HexFormat.of().withUpperCase().withPrefix("%").formatHex(bytes(text)));
    forms.put("JSON-escaped", text -> HexFormat.of().withPrefix("\\u00").formatHex(bytes(text)));
    for (int before = 0; before < 3; before++) {
      int shift = before;
      forms.put("base64 after " + before, text -> base64(Base64.getEncoder(), text, shift));
      forms.put("base64url after " + before, text -> base64(Base64.getUrlEncoder(), text, shift));
    }
    return forms;
  }

  private static Map<String, String> sought() {
    Map<String, String> sought = new LinkedHashMap<>();
    FORMS.forEach(
        (name, form) -> {
          sought.put(form.apply(BEGIN), name);
          sought.put(form.apply(END), name);
        });
    return sought;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What of the encoding is the text's alone, so many bytes after a multiple of three. */
  private static String base64(Base64.Encoder encoder, String text, int before) {
    String encoded = encoder.encodeToString(bytes("\0".repeat(before) + text));
    int first = (before * 8 + 5) / 6;
    return encoded.substring(first, (before + text.length()) * 8 / 6);
  }

  /** The first place of a text with a piece of a canary, in whatever form; empty without one. */
  static String foundIn(String text) {
    for (Map.Entry<String, String> form : SOUGHT.entrySet()) {
      int at = text.indexOf(form.getKey());
      if (at >= 0) {
        return form.getValue()
            + ": "
            + text.substring(
                Math.max(0, at - SHOWN_CHARS),
                Math.min(text.length(), at + form.getKey().length() + SHOWN_CHARS));
      }
    }
    return "";
  }

  /** Every file below a folder with a piece of a canary, and where. */
  static List<String> foundBelow(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String place = foundIn(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (!place.isEmpty()) {
          found.add(folder.relativize(file) + ": " + place);
        }
      }
    }
    return found;
  }
}
