package dev.freehold.chat;

import java.util.ArrayDeque;
import java.util.Deque;

/** Looks at a regular expression for what makes a grammar of it branch without end. */
final class PatternBounds {

  private PatternBounds() {}

  /**
   * Whether a group that can be longer or shorter is itself repeated a number of times, as in
   * {@code (a{0,9}){0,9}} or {@code (a?){0,9}}, or a repetition is, as in {@code (a{2}){0,9}{0,9}}.
   * Groups repeated by {@code *}, {@code +} or {@code ?} do not multiply.
   */
  static boolean repeatsARepetition(String pattern) {
    Deque<Boolean> groups = new ArrayDeque<>();
    boolean counts = false;
    boolean closedGroupCounts = false;
    boolean inClass = false;
    boolean repeated = false; // what stands just before is a repetition
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      boolean groupJustClosed = i > 0 && pattern.charAt(i - 1) == ')' && !inClass;
      boolean repeatsAgain = c == '{' && repeated && !inClass;
      repeated = !inClass && "}*+?".indexOf(c) >= 0;
      if (c == '\\') {
        i++;
      } else if (inClass) {
        inClass = c != ']';
      } else if (c == '[') {
        inClass = true;
      } else if (c == '(') {
        groups.push(counts);
        counts = false;
      } else if (c == ')' && !groups.isEmpty()) {
        closedGroupCounts = counts;
        counts = groups.pop() || closedGroupCounts;
      } else if (c == '{') {
        if (repeatsAgain || (groupJustClosed && closedGroupCounts)) {
          return true;
        }
        int end = pattern.indexOf('}', i);
        counts |= end < 0 || pattern.substring(i, end).contains(",");
      } else if (c != '}' && repeated && pattern.charAt(Math.max(0, i - 1)) != '(') {
        counts = true;
      }
    }
    return false;
  }

  /** How many quantifiers let a part of it be longer or shorter. */
  static int quantifiers(String pattern) {
    int found = 0;
    boolean inClass = false;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (inClass) {
        inClass = c != ']';
      } else if (c == '[') {
        inClass = true;
      } else if (c == '{') {
        int end = pattern.indexOf('}', i);
        found += end < 0 || pattern.substring(i, end).contains(",") ? 1 : 0;
      } else if ("*+?".indexOf(c) >= 0 && pattern.charAt(Math.max(0, i - 1)) != '(') {
        found++;
      }
    }
    return found;
  }
}
