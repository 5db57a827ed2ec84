package dev.freehold.bundle.policy;

import java.util.Objects;

/**
 * One thing that is wrong with a policy file.
 *
 * @param line from 1
 * @param column from 1
 * @param message what was expected, what was found and what to do
 */
public record Problem(int line, int column, String message) implements Comparable<Problem> {

  public Problem {
    Objects.requireNonNull(message, "message");
  }

  @Override
  public int compareTo(Problem other) {
    int byLine = Integer.compare(line, other.line);
    return byLine != 0 ? byLine : Integer.compare(column, other.column);
  }

  @Override
  public String toString() {
    return line + ":" + column + ": " + message;
  }
}
