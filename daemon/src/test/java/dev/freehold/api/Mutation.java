package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes that make a good body nearly right. */
final class Mutation {

  private Mutation() {}

  /** Sets, replaces, inserts or removes something, anywhere in the tree. */
  static void change(JsonNode tree, List<String> values, Random random) throws IOException {
    List<ContainerNode<?>> holders = holders(tree);
    JsonNode value = Json.MAPPER.readTree(values.get(random.nextInt(values.size())));
    switch (holders.get(random.nextInt(holders.size()))) {
      case ObjectNode object -> {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        String name = names.isEmpty() ? "type" : names.get(random.nextInt(names.size()));
        if (random.nextInt(4) == 0) {
          object.remove(name);
        } else {
          object.set(name, value);
        }
      }
      case ArrayNode array -> {
        if (!array.isEmpty() && random.nextBoolean()) {
          array.set(random.nextInt(array.size()), value);
        } else {
          array.insert(random.nextInt(array.size() + 1), value);
        }
      }
      default -> throw new AssertionError("a third kind of container");
    }
  }

  /** Every object and every array of a tree, the tree itself first. */
  static List<ContainerNode<?>> holders(JsonNode tree) {
    List<ContainerNode<?>> holders = new ArrayList<>();
    collect(tree, holders);
    return holders;
  }

  private static void collect(JsonNode node, List<ContainerNode<?>> holders) {
    if (node instanceof ContainerNode<?> holder) {
      holders.add(holder);
      node.forEach(child -> collect(child, holders));
    }
  }
}
