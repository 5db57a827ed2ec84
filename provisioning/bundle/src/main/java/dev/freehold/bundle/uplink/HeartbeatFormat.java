package dev.freehold.bundle.uplink;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A heartbeat as JSON. Fields that the reader does not know are passed over, so that a newer box
 * can speak to an older controller; every bound is the records' own.
 */
public final class HeartbeatFormat {

  /** No heartbeat is longer: a full one, every name at its longest, fits. */
  public static final int BYTES_MAX = 2_097_152;

  private static final int DEPTH_MAX = 6;
  private static final int STRING_CHARACTERS_MAX = 4_096;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(DEPTH_MAX)
                      .maxStringLength(STRING_CHARACTERS_MAX)
                      .maxNameLength(STRING_CHARACTERS_MAX)
                      .build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .build());

  private HeartbeatFormat() {}

  public static byte[] write(HeartbeatMessage message) {
    ObjectNode root = JSON.createObjectNode();
    root.put("box", message.box());
    root.put("daemonVersion", message.daemonVersion());
    if (message.bundleVersion().isPresent()) {
      root.put("bundleVersion", message.bundleVersion().getAsLong());
    }
    message.receiptHead().ifPresent(head -> root.put("receiptHead", head.jws()));
    ArrayNode usage = root.putArray("usage");
    message.usage().forEach(bucket -> write(usage.addObject(), bucket));
    ArrayNode abuse = root.putArray("abuse");
    message.abuse().forEach(report -> write(abuse.addObject(), report));
    try {
      return JSON.writeValueAsBytes(root);
    } catch (IOException e) {
      throw new IllegalStateException("A heartbeat cannot be written.", e);
    }
  }

  /**
   * Reads what another machine sent.
   *
   * @throws IllegalArgumentException if it is no heartbeat, or something in it is out of bounds;
   *     the message says what was expected and repeats no text that was sent
   */
  public static HeartbeatMessage read(byte[] bytes) {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      throw new IllegalArgumentException("expected a heartbeat as JSON, found something else");
    }
    if (root == null || !root.isObject()) {
      throw new IllegalArgumentException("expected a heartbeat as a JSON object");
    }
    List<UsageBucket> usage = new ArrayList<>();
    for (JsonNode bucket : array(root, "usage", HeartbeatMessage.BUCKETS_MAX)) {
      usage.add(usageBucket(bucket));
    }
    List<AbuseReport> abuse = new ArrayList<>();
    for (JsonNode report : array(root, "abuse", HeartbeatMessage.REPORTS_MAX)) {
      abuse.add(abuseReport(report));
    }
    return new HeartbeatMessage(
        text(root, "box"),
        text(root, "daemonVersion"),
        root.hasNonNull("bundleVersion")
            ? OptionalLong.of(number(root, "bundleVersion"))
            : OptionalLong.empty(),
        root.hasNonNull("receiptHead")
            ? Optional.of(ReceiptHead.parse(text(root, "receiptHead")))
            : Optional.empty(),
        usage,
        abuse);
  }

  private static void write(ObjectNode node, UsageBucket bucket) {
    UsageBucket.Key key = bucket.key();
    node.put("hour", key.hour().toEpochMilli())
        .put("group", key.group())
        .put("provider", key.provider())
        .put("model", key.model())
        .put("label", key.label())
        .put("currency", key.currency())
        .put("requests", bucket.requests())
        .put("promptTokens", bucket.promptTokens())
        .put("cachedTokens", bucket.cachedTokens())
        .put("completionTokens", bucket.completionTokens())
        .put("costMicros", bucket.costMicros());
  }

  private static UsageBucket usageBucket(JsonNode node) {
    return new UsageBucket(
        new UsageBucket.Key(
            Instant.ofEpochMilli(number(node, "hour")),
            text(node, "group"),
            text(node, "provider"),
            text(node, "model"),
            text(node, "label"),
            text(node, "currency")),
        number(node, "requests"),
        number(node, "promptTokens"),
        number(node, "cachedTokens"),
        number(node, "completionTokens"),
        number(node, "costMicros"));
  }

  private static void write(ObjectNode node, AbuseReport report) {
    node.put("id", report.id())
        .put("rule", report.rule())
        .put("subject", report.subject())
        .put("reason", report.reason())
        .put("quarantined", report.quarantined())
        .put("sinceMillis", report.since().toEpochMilli())
        .put("untilMillis", report.until().toEpochMilli());
  }

  private static AbuseReport abuseReport(JsonNode node) {
    JsonNode quarantined = node.path("quarantined");
    if (!quarantined.isBoolean()) {
      throw new IllegalArgumentException("expected true or false as \"quarantined\"");
    }
    return new AbuseReport(
        text(node, "id"),
        text(node, "rule"),
        text(node, "subject"),
        text(node, "reason"),
        quarantined.booleanValue(),
        Instant.ofEpochMilli(number(node, "sinceMillis")),
        Instant.ofEpochMilli(number(node, "untilMillis")));
  }

  private static JsonNode array(JsonNode root, String field, int max) {
    JsonNode node = root.path(field);
    if (!node.isMissingNode() && !node.isArray()) {
      throw new IllegalArgumentException("expected an array as \"" + field + "\"");
    }
    if (node.size() > max) {
      throw new IllegalArgumentException(
          "expected at most " + max + " entries in \"" + field + "\", found " + node.size());
    }
    return node;
  }

  private static String text(JsonNode node, String field) {
    if (!node.path(field).isTextual()) {
      throw new IllegalArgumentException("expected text as \"" + field + "\"");
    }
    return node.path(field).textValue();
  }

  private static long number(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("expected a whole number as \"" + field + "\"");
    }
    return value.longValue();
  }
}
