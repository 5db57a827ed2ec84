package dev.freehold.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** The one JSON reader and writer of this package, with the bounds of what clients may send. */
final class Json {

  /** Levels of objects and arrays in each other; a tool's schema may need dozens. */
  static final int NESTING_MAX = 100;

  /** Values, names and brackets: a tree of nothing but small ones takes many times its text. */
  static final int TOKENS_MAX = 1 << 20;

  static final int NAME_CHARACTERS_MAX = 10_000;
  static final int NUMBER_CHARACTERS_MAX = 100;

  static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .rootValueSeparator((String) null)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(NESTING_MAX)
                  .maxTokenCount(TOKENS_MAX)
                  .maxNameLength(NAME_CHARACTERS_MAX)
                  .maxNumberLength(NUMBER_CHARACTERS_MAX)
                  .maxStringLength(LanServerConfig.BODY_BYTES_LIMIT)
                  .build())
          .build();

  static final ObjectMapper MAPPER =
      JsonMapper.builder(FACTORY).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Json() {}

  /**
   * Reads a client's body.
   *
   * @throws ApiException if it is not one JSON object within the bounds; the message says where,
   *     never what
   */
  static ObjectNode object(byte[] body) throws ApiException {
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (StreamConstraintsException e) {
      throw ApiErrors.malformed(
          ("The body's JSON passes a bound of this box: at most %d levels of nesting, %d "
                  + "tokens, names of %d and numbers of %d characters. Send something simpler.")
              .formatted(NESTING_MAX, TOKENS_MAX, NAME_CHARACTERS_MAX, NUMBER_CHARACTERS_MAX));
    } catch (JacksonException e) {
      throw ApiErrors.malformed("The body is not valid JSON%s.".formatted(place(e.getLocation())));
    } catch (IOException e) {
      throw ApiErrors.malformed("The body is not valid JSON in UTF-8.");
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw ApiErrors.malformed("The body must be a JSON object.");
  }

  private static String place(JsonLocation location) {
    return location == null
        ? ""
        : ": see line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
  }
}
