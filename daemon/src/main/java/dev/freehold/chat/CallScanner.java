package dev.freehold.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Follows the text of one JSON object of a {@code name} and {@code arguments}, byte by byte. It
 * says as soon as the text can no longer become one.
 */
final class CallScanner {

  private enum State {
    OPEN,
    COMPLETE,
    BROKEN
  }

  private static final JsonFactory JSON = new JsonFactory();
  private static final int NOWHERE = -1;

  private final Predicate<String> mayBeCalled;
  private final JsonParser parser;
  private final byte[] one = new byte[1];
  private State state = State.OPEN;
  private int position;
  private int depth;
  private String key = "";
  private String name;
  private int argumentsFrom = NOWHERE;
  private int argumentsTo = NOWHERE;

  /**
   * A scanner at the beginning of a text.
   *
   * @param mayBeCalled which names count
   */
  CallScanner(Predicate<String> mayBeCalled) {
    this.mayBeCalled = mayBeCalled;
    try {
      this.parser = JSON.createNonBlockingByteArrayParser();
    } catch (IOException e) {
      throw new UncheckedIOException("a parser of bytes in memory failed", e);
    }
  }

  /** Reads the next byte; does nothing once the object is complete or broken. */
  void feed(byte next) {
    if (state != State.OPEN) {
      return;
    }
    try {
      one[0] = next;
      ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(one, 0, 1);
      JsonToken token = parser.nextToken();
      while (state == State.OPEN && token != null && token != JsonToken.NOT_AVAILABLE) {
        take(token);
        token = state == State.OPEN ? parser.nextToken() : null;
      }
    } catch (IOException e) {
      // No JSON. The exception's words may repeat the text.
      state = State.BROKEN;
    }
    position++;
  }

  boolean isComplete() {
    return state == State.COMPLETE;
  }

  boolean isBroken() {
    return state == State.BROKEN;
  }

  /** The name, once it has been read. */
  Optional<String> name() {
    return Optional.ofNullable(name);
  }

  /** Whether the arguments have begun. */
  boolean hasArguments() {
    return argumentsFrom != NOWHERE;
  }

  /** Where the arguments' object begins among the bytes fed. */
  int argumentsFrom() {
    return argumentsFrom;
  }

  /** Where it ends, as far as it has come. */
  int argumentsTo() {
    return argumentsTo == NOWHERE ? position : argumentsTo;
  }

  private void take(JsonToken token) throws IOException {
    switch (token) {
      case START_OBJECT -> startObject();
      case START_ARRAY -> {
        breakIf(depth < 2);
        depth++;
      }
      case END_OBJECT, END_ARRAY -> end();
      case FIELD_NAME -> {
        if (depth == 1) {
          field(parser.currentName());
        }
      }
      case VALUE_STRING -> {
        if (depth == 1) {
          string(parser.getText());
        }
      }
      case VALUE_NUMBER_INT,
          VALUE_NUMBER_FLOAT,
          VALUE_TRUE,
          VALUE_FALSE,
          VALUE_NULL,
          VALUE_EMBEDDED_OBJECT ->
          breakIf(depth < 2);
      case NOT_AVAILABLE -> {
        // More bytes are needed.
      }
    }
  }

  private void startObject() {
    if (depth == 1) {
      breakIf(!key.equals("arguments"));
      argumentsFrom = position;
    }
    depth++;
  }

  private void end() {
    depth--;
    if (depth == 1) {
      argumentsTo = position + 1;
    } else if (depth == 0) {
      state = name != null && argumentsTo != NOWHERE ? State.COMPLETE : State.BROKEN;
    }
  }

  private void field(String next) {
    boolean first = next.equals("name") ? name == null : !hasArguments();
    breakIf(!first || !(next.equals("name") || next.equals("arguments")));
    key = next;
  }

  private void string(String value) {
    breakIf(!key.equals("name") || !mayBeCalled.test(value));
    name = value;
  }

  private void breakIf(boolean broken) {
    if (broken) {
      state = State.BROKEN;
    }
  }
}
