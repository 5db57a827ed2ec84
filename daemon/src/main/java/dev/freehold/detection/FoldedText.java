package dev.freehold.detection;

import java.text.Normalizer;

/**
 * A text with its disguises undone, for scanning only: invisible characters left out, every
 * script's digits, spaces and dashes as ASCII's, wide and mathematical forms as plain ones, the
 * escapes of JSON, URLs and HTML that matter, and "(at)" and "(dot)". Letters of other scripts
 * stay: a Cyrillic letter that looks like a Latin one is not undone.
 */
final class FoldedText {

  private static final String[] AT = {"at", "ät", "arroba", "arobase", "chiocciola", "malpa"};
  private static final String[] DOT = {"dot", "punkt", "point", "punto", "kropka"};
  private static final String[][] ENTITIES = {
    {"&#64;", "@"}, {"&#x40;", "@"}, {"&commat;", "@"}, {"&nbsp;", " "}, {"&#43;", "+"}
  };
  private static final String[][] PERCENTS = {
    {"%40", "@"}, {"%2b", "+"}, {"%20", " "}, {"%3a", ":"}, {"%2d", "-"}
  };

  /** The longest word between brackets that is looked at. */
  private static final int BRACKETED_MAX = 12;

  private final String in;
  private final int end;
  private final char[] out;
  private int length;

  private FoldedText(String in, int end) {
    this.in = in;
    this.end = end;
    out = new char[end];
  }

  /** The first characters of a text, folded; never longer than they were. */
  static FoldedText of(String text, int characters) {
    FoldedText folded = new FoldedText(text, characters);
    folded.fold();
    return folded;
  }

  char[] characters() {
    return out;
  }

  int length() {
    return length;
  }

  private void fold() {
    int i = 0;
    while (i < end) {
      char c = in.charAt(i);
      if (c < 0x80) {
        if (c == '\\' || c == '%' || c == '&' || c == '(' || c == '[' || c == '{') {
          i = special(c, i);
        } else {
          out[length++] = c;
          i++;
        }
      } else if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(in.charAt(i + 1))) {
        wide(Character.toCodePoint(c, in.charAt(i + 1)), 2);
        i += 2;
      } else {
        wide(c, 1);
        i++;
      }
    }
  }

  private int special(char c, int i) {
    return switch (c) {
      case '\\' -> escape(i);
      case '%' -> replaced(PERCENTS, i);
      case '&' -> replaced(ENTITIES, i);
      default -> bracketed(i);
    };
  }

  /** Escapes as JSON and most programming languages write them. */
  private int escape(int i) {
    char next = i + 1 < end ? in.charAt(i + 1) : 0;
    switch (next) {
      case 'n', 'r' -> out[length++] = '\n';
      case 't' -> out[length++] = '\t';
      case '"', '/' -> out[length++] = next;
      case 'u' -> {
        int value = hex4(i + 2);
        if (value < 0) {
          out[length++] = '\\';
          return i + 1;
        }
        if (value < 0x80) {
          out[length++] = (char) value;
        } else {
          wide(value, 6);
        }
        return i + 6;
      }
      default -> {
        out[length++] = '\\';
        return i + 1;
      }
    }
    return i + 2;
  }

  private int hex4(int at) {
    if (at + 4 > end) {
      return -1;
    }
    int value = 0;
    for (int k = at; k < at + 4; k++) {
      int digit = Character.digit(in.charAt(k), 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private int replaced(String[][] table, int i) {
    for (String[] entry : table) {
      if (i + entry[0].length() <= end
          && in.regionMatches(true, i, entry[0], 0, entry[0].length())) {
        out[length++] = entry[1].charAt(0);
        return i + entry[0].length();
      }
    }
    out[length++] = in.charAt(i);
    return i + 1;
  }

  /** "anna (at) firma (dot) ch" as people write it against collectors of addresses. */
  private int bracketed(int i) {
    int from = skipSpaces(i + 1);
    int to = from;
    while (to < end && to - from < BRACKETED_MAX && Character.isLetter(in.charAt(to))) {
      to++;
    }
    int close = skipSpaces(to);
    if (to > from && close < end && isClosing(in.charAt(close))) {
      char sign = among(AT, from, to) ? '@' : among(DOT, from, to) ? '.' : 0;
      if (sign != 0) {
        while (length > 0 && out[length - 1] == ' ') {
          length--;
        }
        out[length++] = sign;
        return skipSpaces(close + 1);
      }
    }
    out[length++] = in.charAt(i);
    return i + 1;
  }

  private int skipSpaces(int i) {
    int at = i;
    while (at < end && at - i < 2 && in.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private static boolean isClosing(char c) {
    return c == ')' || c == ']' || c == '}';
  }

  private boolean among(String[] words, int from, int to) {
    for (String word : words) {
      if (word.length() == to - from && in.regionMatches(true, from, word, 0, to - from)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Folds a character outside ASCII.
   *
   * @param room how many characters of the source it takes: no more are written
   */
  private void wide(int point, int room) {
    switch (Character.getType(point)) {
      case Character.FORMAT, Character.ENCLOSING_MARK -> {}
      case Character.SPACE_SEPARATOR -> out[length++] = ' ';
      case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> out[length++] = '\n';
      case Character.DASH_PUNCTUATION -> out[length++] = '-';
      case Character.DECIMAL_DIGIT_NUMBER ->
          out[length++] = (char) ('0' + Character.digit(point, 10));
      default -> {
        if (!isInvisible(point)) {
          other(point, room);
        }
      }
    }
  }

  /** Variation selectors, the grapheme joiner and the Hangul fillers: marks or letters by type. */
  private static boolean isInvisible(int point) {
    return (point >= 0xFE00 && point <= 0xFE0F)
        || point == 0x034F
        || point == 0x115F
        || point == 0x1160
        || point == 0x3164
        || point == 0xFFA0
        || (point >= 0xE0100 && point <= 0xE01EF);
  }

  private void other(int point, int room) {
    if (point == 0x2212 || point == 0x2043) {
      out[length++] = '-';
    } else if (point == 0x3002) {
      out[length++] = '.';
    } else if (hasPlainForm(point)) {
      String plain = Normalizer.normalize(Character.toString(point), Normalizer.Form.NFKC);
      for (int k = 0; k < plain.length() && k < room; k++) {
        out[length++] = plain.charAt(k);
      }
    } else {
      length += Character.toChars(point, out, length);
    }
  }

  /** Blocks whose characters stand for ASCII's in another dress. */
  private static boolean hasPlainForm(int point) {
    return (point >= 0xFE50 && point <= 0xFFEE)
        || (point >= 0x1D400 && point <= 0x1D7FF)
        || (point >= 0x2460 && point <= 0x24FF)
        || point == 0x2024
        || (point >= 0x2070 && point <= 0x209F);
  }
}
