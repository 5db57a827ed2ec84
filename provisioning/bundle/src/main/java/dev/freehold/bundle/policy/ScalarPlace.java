package dev.freehold.bundle.policy;

import java.util.Optional;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Where a character of a scalar's value stands in the file.
 *
 * <p>Folding, indentation and escapes move characters but keep the order of all that are not blank.
 * So the value and its source are walked side by side, blank characters are passed over, and the
 * rest must agree one by one; where it does not, no place is told rather than a wrong one.
 *
 * @param line from 1
 * @param column from 1, in code points
 */
record ScalarPlace(int line, int column) {

  /**
   * Finds the place.
   *
   * @param yaml the whole file
   * @param line in the value, from 1
   * @param column in that line, from 1, in code points; may be just behind its end
   */
  static Optional<ScalarPlace> of(String yaml, ScalarNode scalar, int line, int column) {
    if (scalar.getStartMark().isEmpty() || scalar.getEndMark().isEmpty()) {
      return Optional.empty();
    }
    int[] value = scalar.getValue().codePoints().toArray();
    return new Walk(
            yaml.codePoints().toArray(),
            scalar,
            scalar.getStartMark().get(),
            scalar.getEndMark().get())
        .find(value, offset(value, line, column));
  }

  private static int offset(int[] value, int line, int column) {
    int at = 0;
    for (int newlines = line - 1; newlines > 0 && at < value.length; at++) {
      if (value[at] == '\n') {
        newlines--;
      }
    }
    return Math.min(value.length, at + column - 1);
  }

  /** One pass over the source of a scalar, from its first character on. */
  private static final class Walk {

    private final int[] source;
    private final ScalarNode scalar;
    private final int end;
    private int at;
    private int line;
    private int column;

    Walk(int[] source, ScalarNode scalar, Mark start, Mark end) {
      this.source = source;
      this.scalar = scalar;
      this.at = start.getIndex();
      this.line = start.getLine() + 1;
      this.column = start.getColumn() + 1;
      this.end = Math.min(end.getIndex(), source.length);
    }

    Optional<ScalarPlace> find(int[] value, int wanted) {
      if (!enter()) {
        return Optional.empty();
      }
      for (int i = 0; i < value.length; i++) {
        if (isBlank(value[i])) {
          if (i == wanted) {
            // A blank is shown just behind what stands before it.
            return Optional.of(new ScalarPlace(line, column));
          }
          continue;
        }
        skipBlank();
        ScalarPlace here = new ScalarPlace(line, column);
        if (!take(value[i])) {
          return Optional.empty();
        }
        if (i == wanted) {
          return Optional.of(here);
        }
      }
      return Optional.of(new ScalarPlace(line, column));
    }

    /** Goes behind the quote or the header of a block; false if the source is not as expected. */
    private boolean enter() {
      return switch (scalar.getScalarStyle()) {
        case PLAIN, JSON_SCALAR_STYLE -> at < end;
        case SINGLE_QUOTED -> at < end && source[at] == '\'' && step(1);
        case DOUBLE_QUOTED -> at < end && source[at] == '"' && step(1);
        case LITERAL, FOLDED -> {
          boolean header = at < end && (source[at] == '|' || source[at] == '>');
          while (header && at < end && source[at] != '\n') {
            step(1);
          }
          yield header;
        }
      };
    }

    private void skipBlank() {
      boolean escapes = scalar.getScalarStyle() == ScalarStyle.DOUBLE_QUOTED;
      while (at < end) {
        if (isBlank(source[at])) {
          step(1);
        } else if (escapes && source[at] == '\\' && at + 1 < end && isBlankEscape(source[at + 1])) {
          step(2);
        } else {
          return;
        }
      }
    }

    /** Takes one character of the value, as the style writes it. */
    private boolean take(int character) {
      if (at >= end) {
        return false;
      }
      if (scalar.getScalarStyle() == ScalarStyle.DOUBLE_QUOTED
          && source[at] == '\\'
          && at + 1 < end) {
        return switch (source[at + 1]) {
          case 'x' -> step(4);
          case 'u' -> step(6);
          case 'U' -> step(10);
          default -> step(2);
        };
      }
      boolean same = source[at] == character;
      boolean doubled =
          character == '\''
              && scalar.getScalarStyle() == ScalarStyle.SINGLE_QUOTED
              && at + 1 < end
              && source[at + 1] == '\'';
      return same && step(doubled ? 2 : 1);
    }

    private boolean step(int characters) {
      for (int i = 0; i < characters && at < end; i++) {
        if (source[at] == '\n') {
          line++;
          column = 1;
        } else {
          column++;
        }
        at++;
      }
      return true;
    }

    private static boolean isBlank(int character) {
      return character == ' ' || character == '\t' || character == '\n' || character == '\r';
    }

    private static boolean isBlankEscape(int character) {
      return isBlank(character) || character == 'n' || character == 't' || character == 'r';
    }
  }
}
