package dev.freehold.abuse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.uplink.AbuseReport;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The quarantine as JSON, in a file that only this daemon writes. */
final class QuarantineFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private QuarantineFile() {}

  record Content(List<QuarantineEntry> entries, List<AbuseReport> reports) {}

  static byte[] write(Content content) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode entries = root.putArray("entries");
    for (QuarantineEntry entry : content.entries()) {
      ObjectNode node = entries.addObject();
      switch (entry.suspect()) {
        case Suspect.Client client ->
            node.put("client", client.name()).put("issuer", client.issuer());
        case Suspect.Address address -> node.put("address", address.name());
      }
      node.put("id", entry.id())
          .put("rule", entry.rule())
          .put("reason", entry.reason())
          .put("quarantined", entry.quarantined())
          .put("sinceMillis", entry.since().toEpochMilli())
          .put("untilMillis", entry.until().toEpochMilli())
          .put("offences", entry.offences());
    }
    ArrayNode reports = root.putArray("unreported");
    for (AbuseReport report : content.reports()) {
      reports
          .addObject()
          .put("id", report.id())
          .put("rule", report.rule())
          .put("subject", report.subject())
          .put("reason", report.reason())
          .put("quarantined", report.quarantined())
          .put("sinceMillis", report.since().toEpochMilli())
          .put("untilMillis", report.until().toEpochMilli());
    }
    return JSON.writeValueAsBytes(root);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static Content read(byte[] bytes) throws IOException {
    JsonNode root = JSON.readTree(bytes);
    List<QuarantineEntry> entries = new ArrayList<>();
    for (JsonNode node : root.path("entries")) {
      entries.add(
          new QuarantineEntry(
              text(node, "id"),
              node.has("client")
                  ? new Suspect.Client(text(node, "client"), text(node, "issuer"))
                  : new Suspect.Address(text(node, "address")),
              text(node, "rule"),
              text(node, "reason"),
              node.path("quarantined").asBoolean(),
              time(node, "sinceMillis"),
              time(node, "untilMillis"),
              node.path("offences").asInt(1)));
    }
    List<AbuseReport> reports = new ArrayList<>();
    for (JsonNode node : root.path("unreported")) {
      reports.add(
          new AbuseReport(
              text(node, "id"),
              text(node, "rule"),
              text(node, "subject"),
              text(node, "reason"),
              node.path("quarantined").asBoolean(),
              time(node, "sinceMillis"),
              time(node, "untilMillis")));
    }
    return new Content(entries, reports);
  }

  private static String text(JsonNode node, String field) {
    if (!node.path(field).isTextual()) {
      throw new IllegalArgumentException("expected text as " + field);
    }
    return node.path(field).textValue();
  }

  private static Instant time(JsonNode node, String field) {
    if (!node.path(field).canConvertToLong()) {
      throw new IllegalArgumentException("expected a time as " + field);
    }
    return Instant.ofEpochMilli(node.path(field).longValue());
  }
}
