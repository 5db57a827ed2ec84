package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.store.UsageDimension;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageReport;
import dev.freehold.store.UsageReportTooLong;
import dev.freehold.store.UsageSum;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code GET /usage/report}: the ledger summed by what the query names, in the box's time zone. */
final class UsageReportAnswer {

  /** An amount's digits after the point. */
  private static final int MICRO_DIGITS = 6;

  private final UsageLedger ledger;
  private final ZoneId zone;

  UsageReportAnswer(UsageLedger ledger, ZoneId zone) {
    this.ledger = ledger;
    this.zone = zone;
  }

  void write(ServerRequest request, JsonGenerator json)
      throws ApiException, IOException, InterruptedException {
    Instant since = time(request, "since").orElse(Instant.EPOCH);
    Instant until = time(request, "until").orElse(UsageLedger.EVER);
    List<UsageDimension> by = dimensions(request.query().first("by").asOptional().orElse(""));
    UsageReport report;
    try {
      report = ledger.report(by, since, until, zone);
    } catch (UsageReportTooLong e) {
      throw ApiErrors.wrongParam("by", e.getMessage());
    }
    json.writeStartObject();
    json.writeStringField("zone", zone.getId());
    json.writeArrayFieldStart("by");
    for (UsageDimension dimension : by) {
      json.writeString(dimension.text());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("sums");
    for (UsageSum sum : report.sums()) {
      write(json, by, sum);
    }
    json.writeEndArray();
    json.writeFieldName("total");
    write(json, List.of(), report.total());
    // A request of a client in several groups is in the sum of each.
    json.writeBooleanField("sumsOverlap", by.contains(UsageDimension.GROUP));
    json.writeNumberField("lost", ledger.lost());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, List<UsageDimension> by, UsageSum sum)
      throws IOException {
    json.writeStartObject();
    for (int i = 0; i < by.size(); i++) {
      String text = sum.key().get(i);
      json.writeStringField(by.get(i).text(), text.isEmpty() ? null : text);
    }
    json.writeNumberField("requests", sum.requests());
    json.writeNumberField("unanswered", sum.unanswered());
    json.writeNumberField("promptTokens", sum.promptTokens());
    json.writeNumberField("cachedTokens", sum.cachedTokens());
    json.writeNumberField("completionTokens", sum.completionTokens());
    json.writeNumberField("bytesOut", sum.bytesOut());
    json.writeNumberField("bytesIn", sum.bytesIn());
    json.writeObjectFieldStart("cost");
    for (Map.Entry<String, Long> cost : sum.costMicros().entrySet()) {
      json.writeStringField(cost.getKey(), amount(cost.getValue()));
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /** Micros as an amount in the currency's unit; text, since a number is read as a double. */
  static String amount(long micros) {
    return BigDecimal.valueOf(micros, MICRO_DIGITS).toPlainString();
  }

  static Optional<Instant> time(ServerRequest request, String name) throws ApiException {
    try {
      return request.query().first(name).asOptional().map(Instant::parse);
    } catch (DateTimeException e) {
      throw ApiErrors.wrongParam(
          name,
          "'%s' must be a time such as 2026-01-31T08:00:00Z, found something else."
              .formatted(name));
    }
  }

  private static List<UsageDimension> dimensions(String text) throws ApiException {
    List<UsageDimension> by = new ArrayList<>();
    for (String word : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      Optional<UsageDimension> dimension = UsageDimension.find(word);
      if (dimension.isEmpty() || by.contains(dimension.get())) {
        throw ApiErrors.wrongParam(
            "by",
            "'by' must name some of %s, each once, found something else."
                .formatted(String.join(", ", UsageDimension.texts())));
      }
      by.add(dimension.get());
    }
    return by;
  }
}
