package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The JSON schemas that the suites ask answers for, with the questions that go with them, and a
 * validator that is not llama.cpp's.
 */
final class Schemas {

  static final String WEATHER =
      """
      {"type": "object",
       "properties": {"city": {"type": "string"}},
       "required": ["city"],
       "additionalProperties": false}
      """;

  static final String CITY_QUESTION = "What is the weather in Zurich?";
  static final String TOOL_QUESTION = CITY_QUESTION + " Use the tool.";
  static final String WEATHER_REPORT = "It snows in Zurich, at minus 3 degrees.";

  static final String ADD =
      """
      {"type": "object",
       "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
       "required": ["a", "b"],
       "additionalProperties": false}
      """;

  static final String BOOK =
      """
      {"type": "object",
       "properties": {
         "title": {"type": "string", "minLength": 1},
         "author": {"type": "string"},
         "year": {"type": "integer", "minimum": 1000, "maximum": 2100},
         "kind": {"enum": ["novel", "poem", "play"]},
         "languages": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}},
       "required": ["title", "author", "year", "kind", "languages"],
       "additionalProperties": false}
      """;

  static final String BOOK_QUESTION =
      "Which book is this about? In 1818 Mary Shelley published the novel Frankenstein in English.";

  /** A small model that has called a tool likes to go on calling; a schema makes it tell. */
  static final String SENTENCE =
      """
      {"type": "object",
       "properties": {"answer": {"type": "string"}},
       "required": ["answer"],
       "additionalProperties": false}
      """;

  /** Beside an earlier turn that alone names the user, this alone names the place. */
  static final String OFFICE_SYSTEM = "You are the assistant of an office in Lugano.";

  static final String OFFICE_QUESTION = "What is my name, and in which city is your office?";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private Schemas() {}

  /** A schema's fields, as the SDKs' builders take them. */
  static Map<String, Object> fields(String schema) {
    try {
      return JSON.readValue(schema, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The schema is no JSON object.", e);
    }
  }

  /** The same as an SDK's own type of JSON values. */
  static <V> Map<String, V> fields(String schema, Function<Object, V> value) {
    return fields(schema).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, field -> value.apply(field.getValue())));
  }

  /** A {@link #SENTENCE} that passes the {@link #WEATHER_REPORT} on. */
  static void assertTellsOfSnow(String sentence) {
    assertValid(SENTENCE, sentence);
    assertTrue(sentence.toLowerCase(Locale.ROOT).contains("snow"), sentence);
  }

  static void assertValid(String schema, String json) {
    assertEquals(
        List.of(), REGISTRY.getSchema(schema).validate(json, InputFormat.JSON), () -> json);
  }
}
