package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Vectors or scores in an answer's JSON, read one at a time as they arrive: only one of them is in
 * memory. All vectors of an answer have as many dimensions as were asked for, else as the first
 * has. Has the state of one answer; used by the one thread that reads it.
 */
public final class ArrivingVectors {

  /** More than any model's vectors have. */
  public static final int DIMENSIONS_MAX = 65_536;

  /** What an answer may have besides its results. */
  public static final int OTHER_BYTES_MAX = 1 << 20;

  /** A component as text: all its digits, its exponent and the spaces around it. */
  private static final int COMPONENT_BYTES_MAX = 32;

  /** A character as JSON writes it at worst, as an escape. */
  private static final int CHARACTER_BYTES_MAX = 6;

  private OptionalInt dimensions;

  /**
   * None read yet.
   *
   * @param dimensions what was asked for
   */
  public ArrivingVectors(OptionalInt dimensions) {
    this.dimensions = dimensions;
  }

  /** What is done with a field of the answer, the parser standing at its value. */
  @FunctionalInterface
  public interface Field {
    void read(JsonParser parser, String name)
        throws IOException, BrokenAnswer, InterruptedException;
  }

  /** What texts may take where the answer repeats them. */
  public static long repeatedBytesMax(long characters) {
    return characters * CHARACTER_BYTES_MAX;
  }

  /** What so many vectors may take. */
  public long bytesMax(int vectors) {
    return (long) vectors * mostDimensions() * COMPONENT_BYTES_MAX;
  }

  /** Reads an answer, which is one object, to its end. */
  public static void readObject(InputStream in, long bytesMax, Field field)
      throws IOException, BrokenAnswer, InterruptedException {
    JsonFactory json =
        JsonFactory.builder()
            .streamReadConstraints(
                RemoteJson.CONSTRAINTS.rebuild().maxDocumentLength(bytesMax).build())
            .build();
    try (JsonParser parser = json.createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BrokenAnswer("sent something other than a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        field.read(parser, name);
      }
      if (parser.currentToken() != JsonToken.END_OBJECT) {
        throw new BrokenAnswer("broke off before the end of its answer");
      }
    } catch (StreamConstraintsException e) {
      throw new BrokenAnswer(
          "sent an answer that passes a bound: at most %d bytes for what was asked, simply nested"
              .formatted(bytesMax));
    } catch (JacksonException e) {
      throw new BrokenAnswer("sent something other than JSON, or broke off within it");
    }
  }

  /** The vector at whose array the parser stands. */
  public float[] numbers(JsonParser parser) throws IOException, BrokenAnswer {
    int most = mostDimensions();
    float[] vector = new float[Math.min(most, 1024)];
    int length = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      JsonToken component = parser.currentToken();
      if (component == null || !component.isNumeric()) {
        throw new BrokenAnswer("sent a vector with components that are not numbers");
      }
      if (length == most) {
        throw tooLong();
      }
      if (length == vector.length) {
        vector = Arrays.copyOf(vector, Math.min(2 * length, most));
      }
      vector[length++] = parser.getFloatValue();
    }
    return Arrays.copyOf(vector, length);
  }

  /** A vector that a client can use, on the heap, where the provider's JSON has it already. */
  public MemorySegment checked(float[] vector) throws BrokenAnswer {
    for (float component : vector) {
      if (!Float.isFinite(component)) {
        throw new BrokenAnswer("sent a vector with components that are not numbers");
      }
    }
    if (vector.length == 0
        || vector.length > DIMENSIONS_MAX
        || (dimensions.isPresent() && dimensions.getAsInt() != vector.length)) {
      throw new BrokenAnswer(
          "sent a vector of %d dimensions where %s".formatted(vector.length, expected()));
    }
    dimensions = OptionalInt.of(vector.length);
    return MemorySegment.ofArray(vector);
  }

  /** For a vector that is seen to have more dimensions than it may. */
  public BrokenAnswer tooLong() {
    return new BrokenAnswer("sent a vector of more dimensions where %s".formatted(expected()));
  }

  private String expected() {
    return dimensions.isPresent()
        ? "%d were expected".formatted(dimensions.getAsInt())
        : "1 to %d were expected".formatted(DIMENSIONS_MAX);
  }

  private int mostDimensions() {
    return Math.min(dimensions.orElse(DIMENSIONS_MAX), DIMENSIONS_MAX);
  }
}
