package dev.freehold.bundle.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** Everything found wrong with one file so far: the reader is told all of it at once. */
final class Problems {

  /** More are not worth reading; the first ones explain the rest. */
  static final int PROBLEMS_MAX = 100;

  /** Names in policies are shorter as a rule, keys of providers longer. */
  private static final int SHOWN_MAX = 32;

  private final List<Problem> found = new ArrayList<>();

  void add(Node at, String message) {
    add(at.getStartMark(), message);
  }

  void add(Optional<Mark> at, String message) {
    add(at.map(mark -> mark.getLine() + 1).orElse(1), column(at), message);
  }

  void add(int line, int column, String message) {
    if (found.size() < PROBLEMS_MAX) {
      found.add(new Problem(line, column, message));
    }
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  List<Problem> sorted() {
    List<Problem> sorted = new ArrayList<>(found);
    Collections.sort(sorted);
    return sorted;
  }

  /** Says that a name means nothing here, and which one was most likely meant. */
  static String unknown(String what, String found, Collection<String> known) {
    String hint = didYouMean(found, known);
    return "there is no "
        + what
        + " "
        + shown(found)
        + (hint.isEmpty() ? "; known are " + String.join(", ", known) : hint);
  }

  /**
   * Text from the file as a message may repeat it. What is longer than a name may be a secret that
   * was put in the wrong place, so only its length is told.
   */
  static String shown(String text) {
    boolean harmless = text.length() <= SHOWN_MAX && text.lines().count() <= 1;
    return harmless ? "\"" + text + "\"" : "a text of " + text.length() + " characters";
  }

  /** The known name that a mistyped one most likely meant, as a clause to append. */
  static String didYouMean(String found, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(1, found.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(found, candidate, bestDistance);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best == null ? "" : "; did you mean \"" + best + "\"?";
  }

  private static int column(Optional<Mark> at) {
    return at.map(mark -> mark.getColumn() + 1).orElse(1);
  }

  /** Levenshtein's distance, ignoring case; lengths that differ too much are not compared. */
  private static int distance(String left, String right, int limit) {
    if (Math.abs(left.length() - right.length()) >= limit) {
      return limit;
    }
    int[] row = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        boolean same =
            Character.toLowerCase(left.charAt(i - 1)) == Character.toLowerCase(right.charAt(j - 1));
        int next = Math.min(diagonal + (same ? 0 : 1), 1 + Math.min(row[j], row[j - 1]));
        diagonal = row[j];
        row[j] = next;
      }
    }
    return row[right.length()];
  }
}
