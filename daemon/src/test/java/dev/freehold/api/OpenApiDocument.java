package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import dev.freehold.api.TestClient.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The OpenAPI document that a box serves, as a judge of what it takes and answers. */
final class OpenApiDocument {

  private static final String JSON = "application/json";
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(Dialects.getDraft202012());

  private final ObjectNode root;
  private final ObjectNode strict;

  private OpenApiDocument(ObjectNode root) {
    this.root = root;
    this.strict = root.deepCopy();
    closeObjects(strict.at("/components/schemas"));
  }

  static OpenApiDocument servedBy(TestBox box) throws IOException {
    try (TestClient client = box.client()) {
      Reply reply = client.get(OpenApiEndpoint.JSON_PATH);
      return new OpenApiDocument((ObjectNode) Json.MAPPER.readTree(reply.body()));
    }
  }

  ObjectNode root() {
    return root;
  }

  /** The paths whose bodies are read into the neutral form. */
  List<String> readPaths() {
    List<String> paths = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
      if (path.getValue().at("/post/requestBody").isObject()) {
        paths.add(path.getKey());
      }
    }
    return paths;
  }

  /** What a path takes. */
  Schema taken(String path) {
    return schema(root, takenNode(path));
  }

  private JsonNode takenNode(String path) {
    return body(path).required("schema");
  }

  List<ObjectNode> examples(String path) {
    List<ObjectNode> examples = new ArrayList<>();
    body(path).required("examples").forEach(e -> examples.add((ObjectNode) e.required("value")));
    return examples;
  }

  private JsonNode body(String path) {
    return root.required("paths").required(path).at("/post/requestBody/content").required(JSON);
  }

  /** The paths of all fields of a request: {@code messages[].role}. */
  Set<String> fieldNames(String path) {
    Set<String> names = new TreeSet<>();
    collectNames(takenNode(path), "", names);
    return names;
  }

  private void collectNames(JsonNode schema, String prefix, Set<String> names) {
    if (schema.has("$ref")) {
      collectNames(resolved(schema), prefix, names);
    }
    for (String keyword : List.of("allOf", "anyOf", "oneOf")) {
      schema.path(keyword).forEach(part -> collectNames(part, prefix, names));
    }
    if (schema.has("items")) {
      collectNames(schema.get("items"), prefix + "[]", names);
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String name = prefix.isEmpty() ? property.getKey() : prefix + "." + property.getKey();
      names.add(name);
      collectNames(property.getValue(), name, names);
    }
  }

  /** All values that an {@code enum} or a {@code const} of a request names. */
  Set<JsonNode> words() {
    Set<JsonNode> words = new HashSet<>();
    root.findValues("enum").forEach(values -> values.forEach(words::add));
    words.addAll(root.findValues("const"));
    return words;
  }

  /**
   * What is wrong with an answer: its status, its headers or its body are not as documented, or
   * hold what the document does not name.
   */
  List<String> faults(String method, String path, Reply reply) throws IOException {
    String status = Integer.toString(reply.status());
    JsonNode answer =
        resolved(root.required("paths").required(path).at("/" + method + "/responses/" + status));
    if (answer.isMissingNode()) {
      return List.of("status " + status + " is not documented");
    }
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> header : answer.path("headers").properties()) {
      headerFaults(header.getKey(), resolved(header.getValue()), reply, faults);
    }
    String type = reply.header("content-type");
    JsonNode content = answer.path("content").path(type);
    if (content.isMissingNode()) {
      faults.add("content type " + type + " is not documented");
      return faults;
    }
    Schema schema = schema(strict, content.required("schema"));
    for (JsonNode body : type.equals(JSON) ? List.of(json(reply.body())) : events(reply.body())) {
      for (Error error : schema.validate(body.toString(), InputFormat.JSON)) {
        faults.add(error + " in " + body);
      }
    }
    return faults;
  }

  private void headerFaults(String name, JsonNode header, Reply reply, List<String> faults)
      throws IOException {
    String value = reply.header(name);
    if (value.isEmpty()) {
      if (header.path("required").asBoolean()) {
        faults.add("header " + name + " is missing");
      }
      return;
    }
    boolean number = header.at("/schema/type").asText().equals("integer");
    String json = number ? value : Json.MAPPER.writeValueAsString(value);
    for (Error error : schema(root, header.get("schema")).validate(json, InputFormat.JSON)) {
      faults.add("header " + name + ": " + error);
    }
  }

  /** Each event as an object of its fields, its data as JSON where that is what it holds. */
  private static List<JsonNode> events(String stream) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String block : stream.split("\n\n", -1)) {
      ObjectNode event = Json.MAPPER.createObjectNode();
      for (String line : block.lines().toList()) {
        String name = line.substring(0, line.indexOf(':'));
        String value = line.substring(line.indexOf(':') + 1).strip();
        event.set(name, value.startsWith("{") ? json(value) : event.textNode(value));
      }
      if (!event.isEmpty()) {
        events.add(event);
      }
    }
    return events;
  }

  private static JsonNode json(String text) throws IOException {
    return Json.MAPPER.readTree(text);
  }

  private JsonNode resolved(JsonNode node) {
    String ref = node.path("$ref").asText();
    return ref.isEmpty() ? node : resolved(root.at(ref.substring(1)));
  }

  private static Schema schema(ObjectNode document, JsonNode schema) {
    ObjectNode whole = Json.MAPPER.createObjectNode();
    whole.set("allOf", whole.arrayNode().add(schema));
    whole.set("$defs", document.at("/components/schemas"));
    return REGISTRY.getSchema(
        whole.toString().replace("#/components/schemas/", "#/$defs/"), InputFormat.JSON);
  }

  /** No answer holds what the document does not name, and JSON in a string is looked into. */
  private static void closeObjects(JsonNode node) {
    if (node instanceof ObjectNode object) {
      JsonNode content = object.path("contentSchema");
      if (content.isObject()) {
        object.remove(List.of("type", "contentMediaType", "contentSchema"));
        object.set("allOf", object.arrayNode().add(content));
      }
      if (object.path("properties").isObject() && !object.has("additionalProperties")) {
        object.put("additionalProperties", false);
      }
    }
    node.forEach(OpenApiDocument::closeObjects);
  }
}
