package dev.freehold.controller.dryrun;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.PersonalData;
import java.io.IOException;
import java.io.Reader;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads recorded requests one after the other: JSON objects, one a line or not, or all in a list or
 * under {@code records}, as {@code freehold usage --json} prints them. Fields that decide nothing
 * are passed over.
 */
public final class RecordedRequests {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How single fields name the features that {@code needs} lists. */
  private static final Map<String, Feature> FLAGS =
      Map.of(
          "needsTools", Feature.TOOLS,
          "needsVision", Feature.IMAGES,
          "needsReasoning", Feature.REASONING,
          "needsJsonSchema", Feature.JSON_SCHEMA,
          "needsEmbeddings", Feature.EMBEDDINGS,
          "needsRerank", Feature.RERANK);

  private final String file;
  private final Instant now;
  private int line;

  /**
   * @param file how messages call the source
   * @param now when a request of no recorded time is taken to be made
   */
  public RecordedRequests(String file, Instant now) {
    this.file = file;
    this.now = now;
  }

  /**
   * Reads all of them.
   *
   * @throws IOException if the source cannot be read, or says something else than expected; the
   *     message names the line
   */
  public void read(Reader source, Consumer<RecordedRequest> each) throws IOException {
    try (JsonParser parser = MAPPER.createParser(source)) {
      while (parser.nextToken() != null) {
        line = parser.currentTokenLocation().getLineNr();
        JsonNode value = MAPPER.readTree(parser);
        JsonNode list = value.has("records") ? value.get("records") : value;
        if (list.isArray()) {
          for (JsonNode item : list) {
            each.accept(request(item));
          }
        } else {
          each.accept(request(list));
        }
      }
    } catch (JsonProcessingException e) {
      // An object that never ends is found at its beginning, not at the end of the file.
      boolean unended = e instanceof JsonEOFException || e.getLocation() == null;
      int at = unended ? line : e.getLocation().getLineNr();
      throw new IOException(
          file + ":" + at + ": expected JSON objects, one a line, found something else", e);
    }
  }

  private RecordedRequest request(JsonNode record) throws IOException {
    if (!record.isObject()) {
      throw wrong("expected a recorded request to be a JSON object, found " + kind(record));
    }
    Set<Feature> needs = EnumSet.noneOf(Feature.class);
    needs.addAll(words(record, "needs", "feature", Feature::find, Feature.texts()));
    FLAGS.forEach(
        (name, feature) -> {
          if (record.path(name).asBoolean(false)) {
            needs.add(feature);
          }
        });
    return new RecordedRequest(
        time(record),
        text(record, "client").orElse(""),
        groups(record),
        label(record, "label"),
        label(record, "declaredLabel"),
        text(record, "model"),
        number(record, "promptTokens").orElse(0),
        number(record, "completionTokens"),
        number(record, "completionTokensMax").orElse(0),
        needs,
        Set.copyOf(
            words(
                record,
                "detected",
                "kind of personal data",
                PersonalData::find,
                PersonalData.texts())),
        seconds(record, "queueSeconds", record.path("queueSeconds")),
        firstTokenSeconds(record));
  }

  private Instant time(JsonNode record) throws IOException {
    Optional<String> text = text(record, "time");
    try {
      return text.map(Instant::parse).orElse(now);
    } catch (DateTimeException e) {
      throw wrong("expected time to be such as 2026-01-31T08:00:00Z, found other text");
    }
  }

  private List<String> groups(JsonNode record) throws IOException {
    if (!record.path("groups").isArray()) {
      throw wrong("expected groups to be the list of the client's groups, such as [\"everyone\"]");
    }
    List<String> groups = new ArrayList<>();
    record.path("groups").forEach(group -> groups.add(group.asText()));
    return groups;
  }

  private Optional<Label> label(JsonNode record, String name) throws IOException {
    Optional<String> text = text(record, name);
    try {
      return text.map(Label::of);
    } catch (IllegalArgumentException e) {
      throw wrong(name + ": " + e.getMessage());
    }
  }

  private <T> List<T> words(
      JsonNode record,
      String name,
      String what,
      Function<String, Optional<T>> find,
      List<String> known)
      throws IOException {
    List<T> found = new ArrayList<>();
    for (JsonNode word : record.path(name)) {
      Optional<T> one = find.apply(word.asText());
      if (one.isEmpty()) {
        throw wrong(
            "expected " + name + " to list each a " + what + ", of " + String.join(", ", known));
      }
      found.add(one.get());
    }
    return found;
  }

  private Map<String, Double> firstTokenSeconds(JsonNode record) throws IOException {
    Map<String, Double> seconds = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : record.path("firstTokenSeconds").properties()) {
      seconds.put(entry.getKey(), seconds(record, "firstTokenSeconds", entry.getValue()));
    }
    return seconds;
  }

  private double seconds(JsonNode record, String name, JsonNode value) throws IOException {
    if (!record.hasNonNull(name)) {
      return 0;
    }
    if (!value.isNumber() || value.asDouble() < 0) {
      throw wrong("expected " + name + " in seconds, such as 0.8, found " + kind(value));
    }
    return value.asDouble();
  }

  private OptionalInt number(JsonNode record, String name) throws IOException {
    JsonNode value = record.path(name);
    if (!record.hasNonNull(name)) {
      return OptionalInt.empty();
    }
    if (!value.isInt() || value.asInt() < 0) {
      throw wrong("expected " + name + " to be a whole number from 0, found " + kind(value));
    }
    return OptionalInt.of(value.asInt());
  }

  private Optional<String> text(JsonNode record, String name) throws IOException {
    JsonNode value = record.path(name);
    if (!record.hasNonNull(name)) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong("expected " + name + " to be text, found " + kind(value));
    }
    return Optional.of(value.asText());
  }

  private IOException wrong(String message) {
    return new IOException(file + ":" + line + ": " + message);
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT, POJO -> "an object";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case STRING, BINARY -> "text";
      case NULL, MISSING -> "nothing";
    };
  }
}
