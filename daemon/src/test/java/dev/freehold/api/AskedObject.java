package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** A JSON object that notes the paths of the fields that it is asked for. */
@SuppressWarnings("unchecked") // Jackson's own narrowing of deepCopy
final class AskedObject extends ObjectNode {

  private static final long serialVersionUID = 1L;

  private final String path;
  private final transient Set<String> asked;

  private AskedObject(String path, Set<String> asked) {
    super(JsonNodeFactory.instance);
    this.path = path;
    this.asked = asked;
  }

  /** A copy of a body, all objects in it included. */
  static ObjectNode of(ObjectNode body, Set<String> asked) {
    return (ObjectNode) copy(body, "", asked);
  }

  private static JsonNode copy(JsonNode node, String path, Set<String> asked) {
    if (node instanceof ObjectNode object) {
      AskedObject copy = new AskedObject(path, asked);
      object
          .properties()
          .forEach(
              field ->
                  copy.set(
                      field.getKey(), copy(field.getValue(), copy.pathOf(field.getKey()), asked)));
      return copy;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      array.forEach(element -> copy.add(copy(element, path + "[]", asked)));
      return copy;
    }
    return node;
  }

  private String pathOf(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  @Override
  public JsonNode path(String name) {
    note(name);
    return super.path(name);
  }

  @Override
  public JsonNode get(String name) {
    note(name);
    return super.get(name);
  }

  /** Readers ask for a name that cannot be there to get a missing node. */
  private void note(String name) {
    if (!name.equals("\0")) {
      asked.add(pathOf(name));
    }
  }
}
