package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The document and the readers of requests say the same. */
class OpenApiRequestsTest extends ServedTest {

  private static final int MUTATIONS_A_PATH = 3_000;

  /** Reads a body, or refuses it. */
  private interface Reader {
    void read(ObjectNode body) throws ApiException;
  }

  private static final Map<String, Reader> READERS =
      Map.ofEntries(
          Map.entry("/v1/chat/completions", body -> Surface.CHAT.read("r-1", body)),
          Map.entry("/v1/completions", body -> Surface.COMPLETION.read("r-1", body)),
          Map.entry("/infill", body -> Surface.INFILL.read("r-1", body)),
          Map.entry("/v1/responses", body -> Surface.RESPONSES.read("r-1", body)),
          Map.entry("/v1/messages", body -> Surface.MESSAGES.read("r-1", body)),
          Map.entry(
              "/v1/messages/count_tokens", body -> MessageRequests.readUnlimited("r-1", body)),
          Map.entry("/v1/embeddings", body -> Surface.EMBEDDINGS.read("r-1", body)),
          Map.entry("/v1/rerank", body -> Surface.RERANK.read("r-1", body)),
          Map.entry(
              "/tokenize",
              body -> {
                TokenEndpoints.text(Fields.of(body));
                TokenEndpoints.model(Fields.of(body));
              }),
          Map.entry(
              "/detokenize",
              body -> {
                TokenEndpoints.tokens(Fields.of(body));
                TokenEndpoints.model(Fields.of(body));
              }),
          Map.entry("/apply-template", body -> TokenEndpoints.conversation("r-1", body)));

  /** Refusals by a rule between fields, which stands in words in the document, not in a schema. */
  private static final List<String> RULES_BETWEEN_FIELDS =
      List.of(
          "goes only with 'stream'",
          "goes only with 'logprobs'",
          "exclude each other",
          "send the same as 'n'",
          "names a function that is not among 'tools'",
          "demands a call, but there are no 'tools'",
          "names a call that came before",
          "answers no function_call of this 'input'",
          "The last of 'messages' is the assistant's",
          "'messages' is missing or empty");

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "1",
          "1.0",
          "0.5",
          "-1",
          "129",
          "99999999999999999999",
          "\"\"",
          "\"x\"",
          "[]",
          "[null]",
          "[\"x\"]",
          "[\"\"]",
          "{}",
          "{\"a\":\"b\"}",
          "{\"5\":1}",
          "{\"5\":101}",
          "{\"type\":\"text\",\"text\":\"x\"}",
          "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"refusal\",\"refusal\":\"x\"}]",
          "{\"type\":\"json_schema\",\"schema\":{},\"json_schema\":{\"schema\":{}}}",
          "{\"type\":\"tool\",\"name\":\"temperature\"}",
          "{\"type\":\"tool_result\",\"tool_use_id\":\"x\"}",
          "{\"role\":\"user\",\"content\":\"x\"}",
          "{\"role\":\"system\",\"content\":\"x\"}",
          "{\"role\":\"assistant\"}",
          "{\"type\":\"function\",\"name\":\"temperature\",\"function\":{\"name\":\"temperature\"}}");

  private static OpenApiDocument document;

  @BeforeAll
  static void readDocument() throws IOException {
    document = OpenApiDocument.servedBy(box);
  }

  @Test
  void everyPathThatTakesABodyIsReadHere() {
    assertEquals(new TreeSet<>(document.readPaths()), new TreeSet<>(READERS.keySet()));
  }

  @Test
  void exampleIsTaken() throws Exception {
    for (String path : document.readPaths()) {
      for (ObjectNode example : document.examples(path)) {
        assertEquals(
            List.of(), document.taken(path).validate(example.toString(), InputFormat.JSON), path);
        READERS.get(path).read(example);
      }
    }
  }

  /** Each example with each value in each field at each place shows all that readers ask for. */
  @Test
  void everyFieldThatIsReadIsDocumentedAndNoOther() {
    List<JsonNode> values = values();
    for (String path : document.readPaths()) {
      Set<String> asked = new TreeSet<>();
      for (ObjectNode example : document.examples(path)) {
        for (int holder = 0; holder < Mutation.holders(example).size(); holder++) {
          for (String name : leafNames(path)) {
            for (JsonNode value : values) {
              ObjectNode body = example.deepCopy();
              set(Mutation.holders(body).get(holder), name, value.deepCopy());
              refusal(path, AskedObject.of(body, asked));
            }
          }
        }
      }
      assertEquals(String.join("\n", document.fieldNames(path)), String.join("\n", asked), path);
    }
  }

  @Test
  void mutatedRequestIsTakenJustWhereTheDocumentSaysSo() {
    long seed = System.nanoTime();
    for (String path : document.readPaths()) {
      Random random = new Random(seed);
      Schema schema = document.taken(path);
      int taken = 0;
      for (int i = 0; i < MUTATIONS_A_PATH; i++) {
        ObjectNode body = mutated(path, random);
        boolean documented = schema.validate(body.toString(), InputFormat.JSON).isEmpty();
        Optional<String> refusal = refusal(path, body);
        taken += refusal.isEmpty() ? 1 : 0;
        if (documented == refusal.isPresent()
            && !(documented && isByARuleBetweenFields(refusal.get()))) {
          fail(
              "%s, seed %d: documented %s, refused %s: %s"
                  .formatted(path, seed, documented, refusal, body));
        }
      }
      assertTrue(taken > 0 && taken < MUTATIONS_A_PATH, path + " took " + taken);
    }
  }

  private static boolean isByARuleBetweenFields(String refusal) {
    return RULES_BETWEEN_FIELDS.stream().anyMatch(refusal::contains);
  }

  private static Optional<String> refusal(String path, ObjectNode body) {
    try {
      READERS.get(path).read(body);
      return Optional.empty();
    } catch (ApiException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static ObjectNode mutated(String path, Random random) {
    List<ObjectNode> examples = document.examples(path);
    ObjectNode body = examples.get(random.nextInt(examples.size())).deepCopy();
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      mutate(body, path, random);
    }
    return body;
  }

  private static void mutate(ObjectNode body, String path, Random random) {
    List<ContainerNode<?>> holders = Mutation.holders(body);
    ContainerNode<?> holder = holders.get(random.nextInt(holders.size()));
    List<String> names = new ArrayList<>(leafNames(path));
    if (holder instanceof ObjectNode object && random.nextBoolean() && !object.isEmpty()) {
      names.clear();
      object.fieldNames().forEachRemaining(names::add);
    }
    String name = names.get(random.nextInt(names.size()));
    if (random.nextInt(5) == 0) {
      remove(holder, name);
    } else {
      List<JsonNode> values = values();
      set(holder, name, values.get(random.nextInt(values.size())).deepCopy());
    }
  }

  private static void set(ContainerNode<?> holder, String name, JsonNode value) {
    switch (holder) {
      case ObjectNode object -> object.set(name, value);
      case ArrayNode array -> array.add(value);
      default -> throw new AssertionError("a third kind of container");
    }
  }

  private static void remove(ContainerNode<?> holder, String name) {
    switch (holder) {
      case ObjectNode object -> object.remove(name);
      case ArrayNode array -> array.removeAll();
      default -> throw new AssertionError("a third kind of container");
    }
  }

  /** The names that a request's fields have at any place. */
  private static Set<String> leafNames(String path) {
    Set<String> names = new TreeSet<>();
    document.fieldNames(path).forEach(name -> names.add(name.substring(name.lastIndexOf('.') + 1)));
    return names;
  }

  private static List<JsonNode> values() {
    List<JsonNode> values = new ArrayList<>(document.words());
    for (String value : VALUES) {
      try {
        values.add(Json.MAPPER.readTree(value));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return values;
  }
}
