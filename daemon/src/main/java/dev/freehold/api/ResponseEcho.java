package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a response repeats of its request, as OpenAI's does. */
final class ResponseEcho {

  static final int METADATA_ENTRIES_MAX = 16;
  static final int METADATA_KEY_CHARACTERS_MAX = 64;
  static final int METADATA_VALUE_CHARACTERS_MAX = 512;

  private static final int ASCII_MAX = 127;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ResponseEcho() {}

  /** Field names to their JSON in ASCII; what the client left out stands there as its default. */
  static Map<String, String> of(Fields fields) throws ApiException {
    Map<String, JsonNode> nodes = new LinkedHashMap<>();
    for (String name : List.of("instructions", "max_output_tokens", "temperature", "top_p")) {
      nodes.put(name, orElse(fields, name, NODES.nullNode()));
    }
    nodes.put("metadata", metadata(fields));
    nodes.put(
        "parallel_tool_calls", orElse(fields, "parallel_tool_calls", NODES.booleanNode(true)));
    nodes.put("tool_choice", orElse(fields, "tool_choice", NODES.textNode("auto")));
    nodes.put("tools", orElse(fields, "tools", NODES.arrayNode()));
    nodes.put("text", text(fields));
    nodes.put("reasoning", reasoning(fields));
    if (fields.has("top_logprobs")) {
      nodes.put("top_logprobs", fields.raw("top_logprobs"));
    }
    Map<String, String> echo = new LinkedHashMap<>();
    nodes.forEach((name, node) -> echo.put(name, ascii(node)));
    return echo;
  }

  private static JsonNode metadata(Fields fields) throws ApiException {
    JsonNode metadata = orElse(fields, "metadata", NODES.objectNode());
    boolean bounded = metadata.isObject() && metadata.size() <= METADATA_ENTRIES_MAX;
    for (Map.Entry<String, JsonNode> entry : metadata.properties()) {
      bounded &=
          entry.getKey().length() <= METADATA_KEY_CHARACTERS_MAX
              && entry.getValue().isTextual()
              && entry.getValue().textValue().length() <= METADATA_VALUE_CHARACTERS_MAX;
    }
    if (!bounded) {
      throw ApiErrors.wrongParam(
          "metadata",
          ("'metadata' must be an object of at most %d strings of %d characters, under names of"
                  + " %d, found something else.")
              .formatted(
                  METADATA_ENTRIES_MAX,
                  METADATA_VALUE_CHARACTERS_MAX,
                  METADATA_KEY_CHARACTERS_MAX));
    }
    return metadata;
  }

  private static JsonNode text(Fields fields) {
    ObjectNode text = NODES.objectNode();
    JsonNode format = fields.raw("text").path("format");
    text.set("format", format.isObject() ? format : NODES.objectNode().put("type", "text"));
    return text;
  }

  private static JsonNode reasoning(Fields fields) {
    ObjectNode reasoning = NODES.objectNode();
    JsonNode effort = fields.raw("reasoning").path("effort");
    reasoning.set("effort", effort.isTextual() ? effort : NODES.nullNode());
    reasoning.putNull("summary");
    return reasoning;
  }

  private static JsonNode orElse(Fields fields, String name, JsonNode absent) {
    return fields.has(name) ? fields.raw(name) : absent;
  }

  /** In ASCII even half of a surrogate pair, which UTF-8 cannot hold, goes back as it came. */
  private static String ascii(JsonNode node) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      json.setHighestNonEscapedChar(ASCII_MAX);
      Json.MAPPER.writeTree(json, node);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }
}
