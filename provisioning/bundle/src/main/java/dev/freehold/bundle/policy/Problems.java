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
    return nearest(found, known).map(name -> "; did you mean \"" + name + "\"?").orElse("");
  }

  /** The known name that a mistyped one most likely meant. */
  static Optional<String> nearest(String found, Collection<String> known) {
    Optional<String> best = Optional.empty();
    int bestDistance = Math.max(1, found.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(found, candidate, bestDistance);
      if (distance < bestDistance) {
        best = Optional.of(candidate);
        bestDistance = distance;
      }
    }
    return best;
  }

  private static int column(Optional<Mark> at) {
    return at.map(mark -> mark.getColumn() + 1).orElse(1);
  }

  /**
   * How many letters were added, left out, changed or swapped with their neighbour (the optimal
   * string alignment distance), ignoring case; lengths that differ too much are not compared.
   */
  private static int distance(String left, String right, int limit) {
    if (Math.abs(left.length() - right.length()) >= limit) {
      return limit;
    }
    int[][] rows = new int[left.length() + 1][right.length() + 1];
    for (int i = 0; i <= left.length(); i++) {
      for (int j = 0; j <= right.length(); j++) {
        rows[i][j] = i == 0 ? j : j == 0 ? i : distance(rows, left, right, i, j);
      }
    }
    return rows[left.length()][right.length()];
  }

  private static int distance(int[][] rows, String left, String right, int i, int j) {
    int changed = rows[i - 1][j - 1] + (same(left, i, right, j) ? 0 : 1);
    int least = Math.min(changed, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
    boolean swapped = i > 1 && j > 1 && same(left, i, right, j - 1) && same(left, i - 1, right, j);
    return swapped ? Math.min(least, rows[i - 2][j - 2] + 1) : least;
  }

  private static boolean same(String left, int i, String right, int j) {
    return Character.toLowerCase(left.charAt(i - 1)) == Character.toLowerCase(right.charAt(j - 1));
  }
}
