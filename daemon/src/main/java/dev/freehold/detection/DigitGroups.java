package dev.freehold.detection;

/**
 * A sequence of groups of digits, as cards, telephones and national numbers are written: groups
 * with at most three separators between them, all on one line. A number may begin at any group of
 * the sequence, for the columns of a table look the same. What a group may be is judged by {@link
 * ShapedNumbers} and {@link WrittenPhones}.
 */
final class DigitGroups {

  private static final int GROUPS_MAX = 24;
  private static final int SEPARATORS_MAX = 3;

  private final char[] text;
  private final int length;

  private final int[] starts = new int[GROUPS_MAX];
  private final int[] ends = new int[GROUPS_MAX];

  /** What stands before each group: the first sign that is no space or bracket, else a space. */
  private final char[] separators = new char[GROUPS_MAX];

  private final boolean[] opened = new boolean[GROUPS_MAX];
  private int count;
  private boolean plus;

  DigitGroups(char[] text, int length) {
    this.text = text;
    this.length = length;
  }

  /**
   * Reads the sequence that begins here, at a digit, a "+" or a "(".
   *
   * @return where to go on
   */
  int read(int start) {
    count = 0;
    plus = false;
    int i = start;
    int last = start;
    while (count < GROUPS_MAX) {
      char separator = 0;
      boolean open = false;
      int from = i;
      while (i < length && i - from <= SEPARATORS_MAX && isSeparator(text[i], i)) {
        open |= text[i] == '(';
        plus |= text[i] == '+';
        if (separator == 0 || separator == ' ') {
          separator = text[i] == '(' || text[i] == ')' ? ' ' : text[i];
        }
        i++;
      }
      int digits = i;
      while (i < length && TextScan.isDigit(text[i])) {
        i++;
      }
      boolean ofWord = i < length && TextScan.isWord(text[i]);
      if (i == digits || ofWord) {
        break;
      }
      starts[count] = digits;
      ends[count] = i;
      separators[count] = count == 0 ? 0 : separator;
      opened[count] = open;
      count++;
      last = i;
    }
    return Math.max(last, start + 1);
  }

  /** A "+" separates nothing: it may only begin the sequence. */
  private boolean isSeparator(char c, int at) {
    return c == ' '
        || c == '-'
        || c == '.'
        || c == '/'
        || c == '('
        || c == ')'
        || (c == '+' && count == 0 && (at == 0 || !TextScan.isWord(text[at - 1])));
  }

  /** How many groups the sequence has. */
  int count() {
    return count;
  }

  /** Whether a "+" stands before the first group. */
  boolean hasPlus() {
    return plus;
  }

  /** Where a group begins in the text. */
  int start(int group) {
    return starts[group];
  }

  /** Where a group ends in the text. */
  int end(int group) {
    return ends[group];
  }

  /** How many digits a group has. */
  int size(int group) {
    return ends[group] - starts[group];
  }

  /** A digit of a group, from 0. */
  char digit(int group, int at) {
    return text[starts[group] + at];
  }

  /** What stands before a group: the first sign that is no space or bracket, else a space. */
  char separator(int group) {
    return separators[group];
  }

  /** Whether a bracket opens before a group. */
  boolean isBracketed(int group) {
    return opened[group];
  }

  /** The digits of the groups from one to another. */
  String digits(int first, int last) {
    if (first == last) {
      return new String(text, starts[first], size(first));
    }
    StringBuilder digits = new StringBuilder(20);
    for (int k = first; k <= last; k++) {
      append(k, digits);
    }
    return digits.toString();
  }

  void append(int group, StringBuilder digits) {
    digits.append(text, starts[group], size(group));
  }

  /** Whether one of these words stands before a group. */
  boolean isSaid(int group, String[] words) {
    return Context.before(text, starts[group], words);
  }

  /** All groups with the same separator between them. */
  boolean isEvenly(int first, int last) {
    for (int k = first + 2; k <= last; k++) {
      if (separators[k] != separators[first + 1]) {
        return false;
      }
    }
    return true;
  }

  /** Whether a number may begin here: not inside a decimal, a date or a longer name. */
  boolean isHead(int first) {
    if (first > 0) {
      return separators[first] == ' ';
    }
    int start = starts[0];
    char before = start > 0 ? text[start - 1] : ' ';
    char earlier = start > 1 ? text[start - 2] : ' ';
    if (before == '.' || before == ',' || before == '\'') {
      return !TextScan.isDigit(earlier);
    }
    return (before != '-' && before != '_' && before != '/') || !isNameWithDigit(start - 2);
  }

  private boolean isNameWithDigit(int end) {
    for (int k = end; k >= 0 && end - k < 16 && TextScan.isWord(text[k]); k--) {
      if (TextScan.isDigit(text[k])) {
        return true;
      }
    }
    return false;
  }

  /** Whether a number may end here, likewise. */
  boolean endsFree(int last) {
    if (last + 1 < count) {
      return separators[last + 1] == ' ' || separators[last + 1] == '/';
    }
    int end = ends[last];
    if (end + 1 >= length || !TextScan.isWord(text[end + 1])) {
      return true;
    }
    return text[end] != '-'
        && text[end] != '_'
        && !(TextScan.isDigit(text[end + 1])
            && (text[end] == '.' || text[end] == ',' || text[end] == '\''));
  }
}
