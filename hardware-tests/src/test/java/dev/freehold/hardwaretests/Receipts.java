package dev.freehold.hardwaretests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import java.util.ArrayList;
import java.util.List;

/** A box's receipts as {@code freehold receipts} shows them. */
record Receipts(Site site) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SHOWN_MAX = "10000";

  /** The bodies of one kind of lines, in their order. */
  List<JsonNode> bodies(String kind) {
    return bodies("--last", SHOWN_MAX).stream()
        .filter(line -> line.required("kind").asText().equals(kind))
        .map(line -> line.required("body"))
        .toList();
  }

  /** The lines of one request. */
  List<JsonNode> of(String request) {
    return bodies("--request", request);
  }

  private List<JsonNode> bodies(String option, String value) {
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : run("show", place(), "--json", option, value).lines().toList()) {
        lines.add(JSON.readTree(line));
      }
    } catch (JsonProcessingException e) {
      throw new AssertionError("A receipt is no JSON.", e);
    }
    return lines;
  }

  /** Verifies by the pin that the controller printed. */
  Distribution.Finished verify(String place, String... options) {
    List<String> arguments = new ArrayList<>(List.of("receipts", "verify", place, "--trust-root"));
    arguments.add(site.controller().pin());
    arguments.addAll(List.of(options));
    return site.distribution().runToEnd("freehold", arguments.toArray(String[]::new));
  }

  /** Runs {@code freehold receipts …}; it must succeed. */
  String run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("receipts"));
    all.addAll(List.of(arguments));
    return site.distribution().run("freehold", all.toArray(String[]::new));
  }

  /** The state folder of the box. */
  String place() {
    return site.box().state().toString();
  }
}
