package dev.freehold.hardwaretests.underfault;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A request that was drawn, with canaries wherever a request has room for text.
 *
 * @param mark what it is known by wherever it turns up
 * @param group the client's
 * @param asked its label by group and header
 * @param label with what is found in all that a provider could be sent
 * @param personal personal data somewhere in it, or nothing
 * @param worth the least label of whatever holds that
 */
record Drawn(
    String mark,
    String group,
    Label asked,
    Label label,
    String personal,
    Label worth,
    Surface surface,
    boolean streamed,
    Map<String, String> headers,
    ObjectNode body) {

  /** The groups of the policy; most of what is asked may go far. */
  static final Map<String, Label> GROUPS =
      new TreeMap<>(
          Map.of(
              "website", Label.PUBLIC,
              "everyone", Label.INTERNAL,
              "legal", Label.CONFIDENTIAL,
              "secret", Label.RESTRICTED));

  private static final List<String> GROUPS_DRAWN =
      Stream.of(
              Collections.nCopies(9, "website"),
              Collections.nCopies(7, "everyone"),
              Collections.nCopies(3, "legal"),
              List.of("secret"))
          .flatMap(List::stream)
          .toList();

  private static final List<Surface> SURFACES_DRAWN =
      List.of(
          Surface.CHAT,
          Surface.CHAT,
          Surface.CHAT,
          Surface.CHAT,
          Surface.MESSAGES,
          Surface.MESSAGES,
          Surface.MESSAGES,
          Surface.RESPONSES,
          Surface.RESPONSES,
          Surface.RESPONSES,
          Surface.COMPLETION,
          Surface.EMBEDDINGS,
          Surface.EMBEDDINGS,
          Surface.RERANK);

  /** Asked only on the box, and so seldom. */
  private static final List<Surface> NEAR =
      List.of(Surface.INFILL, Surface.TOKENIZE, Surface.COUNT_TOKENS);

  private static final String EMAIL = "anna.muster@musterfirma.ch";
  private static final String IBAN = "CH93 0076 2011 6238 5295 7";

  /**
   * Those whose unknown fields go to a provider of the same API; of the others nobody sees them.
   */
  private static final List<Surface> PASSING_EXTRAS =
      List.of(Surface.CHAT, Surface.COMPLETION, Surface.MESSAGES, Surface.EMBEDDINGS);

  /** Where personal data may stand. */
  private enum Place {
    PROMPT,
    SYSTEM,
    TOOL,
    EXTRA,
    STOP
  }

  static Drawn draw(Random random, int number) {
    String group = any(random, GROUPS_DRAWN);
    Label asked = GROUPS.get(group);
    Map<String, String> headers = new TreeMap<>();
    if (random.nextInt(12) == 0) {
      Label declared = any(random, List.of(Label.values()));
      headers.put("Freehold-Label", declared.text());
      asked = asked.atLeast(declared);
    }
    String personal = "";
    Label worth = Label.PUBLIC;
    switch (random.nextInt(40)) {
      case 0, 1 -> {
        personal = EMAIL;
        worth = Label.CONFIDENTIAL;
      }
      case 2 -> {
        personal = IBAN;
        worth = Label.RESTRICTED;
      }
      default -> {
        // Nothing to find.
      }
    }
    Surface surface = random.nextInt(30) == 0 ? any(random, NEAR) : any(random, SURFACES_DRAWN);
    boolean streamed = surface.streams() && random.nextBoolean();
    String mark = "mark-%08x".formatted(number);
    Place place = any(random, List.of(Place.values()));
    ObjectNode body = new Writing(surface, mark, personal, place, random.nextInt(4) == 0).body();
    if (surface.streams()) {
      body.put("stream", streamed);
    }
    boolean found =
        body.toString().contains(personal)
            && (place != Place.EXTRA || PASSING_EXTRAS.contains(surface));
    Label label = found ? asked.atLeast(worth) : asked;
    return new Drawn(mark, group, asked, label, personal, worth, surface, streamed, headers, body);
  }

  private static <T> T any(Random random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** A plain question of the website. */
  static Drawn plain(int number, Surface surface, boolean streamed) {
    String mark = "mark-%08x".formatted(number);
    ObjectNode body = new Writing(surface, mark, "", Place.PROMPT, false).body();
    body.put("stream", streamed);
    return new Drawn(
        mark,
        "website",
        Label.PUBLIC,
        Label.PUBLIC,
        "",
        Label.PUBLIC,
        surface,
        streamed,
        Map.of(),
        body);
  }

  /** Writes the body of one request. */
  private record Writing(
      Surface surface, String mark, String personal, Place place, boolean withTool) {

    private String text(Place where, String canary) {
      String more = where == place && !personal.isEmpty() ? " for " + personal : "";
      return Canaries.of(canary) + more;
    }

    /** Last, so that what comes before it is the same in every request. */
    private String prompt() {
      return text(Place.PROMPT, "Prompt") + " " + mark;
    }

    ObjectNode body() {
      ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", "small");
      switch (surface) {
        case CHAT -> {
          body.put("max_tokens", 3).put("user", Canaries.of("User"));
          ArrayNode messages = body.putArray("messages");
          messages.addObject().put("role", "system").put("content", text(Place.SYSTEM, "System"));
          if (withTool) {
            addToolRound(messages, body);
          }
          messages.addObject().put("role", "user").put("content", prompt());
          body.putArray("stop").add(text(Place.STOP, "Stop"));
        }
        case COMPLETION -> {
          body.put("max_tokens", 3).put("user", Canaries.of("User")).put("prompt", prompt());
          body.putArray("stop").add(text(Place.STOP, "Stop"));
        }
        case RESPONSES -> {
          body.put("max_output_tokens", 16).put("store", false);
          body.put("instructions", text(Place.SYSTEM, "System")).put("input", prompt());
          body.putObject("metadata").put("a", Canaries.of("Metadata"));
        }
        case MESSAGES, COUNT_TOKENS -> {
          body.put("system", text(Place.SYSTEM, "System")).put("max_tokens", 3);
          body.putArray("messages").addObject().put("role", "user").put("content", prompt());
          if (surface == Surface.MESSAGES) {
            body.putArray("stop_sequences").add(text(Place.STOP, "Stop"));
            body.putObject("metadata").put("user_id", Canaries.of("User"));
          }
        }
        case EMBEDDINGS -> body.put("input", prompt()).put("user", Canaries.of("User"));
        case RERANK -> {
          body.put("query", prompt());
          body.putArray("documents").add(Canaries.of("Document")).add("other");
        }
        case INFILL ->
            body.put("input_prefix", prompt()).put("input_suffix", "}").put("n_predict", 3);
        case TOKENIZE -> body.put("content", prompt());
      }
      if (surface != Surface.COUNT_TOKENS) {
        body.put("x_vendor_field", text(Place.EXTRA, "Extra"));
      }
      return body;
    }

    private void addToolRound(ArrayNode messages, ObjectNode body) {
      messages.addObject().put("role", "user").put("content", "Look it up.");
      ObjectNode call =
          messages
              .addObject()
              .put("role", "assistant")
              .putArray("tool_calls")
              .addObject()
              .put("id", "call_1")
              .put("type", "function");
      call.putObject("function")
          .put("name", "look_up")
          .put("arguments", "{\"what\":\"%s\"}".formatted(text(Place.TOOL, "ToolArguments")));
      messages
          .addObject()
          .put("role", "tool")
          .put("tool_call_id", "call_1")
          .put("content", Canaries.of("ToolResult"));
      ObjectNode function =
          body.putArray("tools").addObject().put("type", "function").putObject("function");
      function.put("name", "look_up").put("description", Canaries.of("ToolDescription"));
      function
          .putObject("parameters")
          .put("type", "object")
          .putObject("properties")
          .putObject("what")
          .put("type", "string")
          .put("description", Canaries.of("ToolParameter"));
    }
  }
}
