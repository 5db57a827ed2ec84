package dev.freehold.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.GeneratedValue;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A {@link UsageRecord} as the table has it: times in milliseconds since 1970, groups in one
 * comma-separated text.
 */
@MappedEntity("usage_record")
record UsageRow(
    @Nullable @Id @GeneratedValue(GeneratedValue.Type.IDENTITY) Long id,
    @MappedProperty("entry_id") String entryId,
    @MappedProperty("request_id") String requestId,
    @MappedProperty("time_millis") long timeMillis,
    @MappedProperty("client") String client,
    @MappedProperty("client_groups") String clientGroups,
    @Nullable @MappedProperty("label") String label,
    @Nullable @MappedProperty("model") String model,
    @Nullable @MappedProperty("route") String route,
    @Nullable @MappedProperty("provider") String provider,
    @Nullable @MappedProperty("trust") String trust,
    @MappedProperty("prompt_tokens") int promptTokens,
    @MappedProperty("cached_tokens") int cachedTokens,
    @MappedProperty("completion_tokens") int completionTokens,
    @Nullable @MappedProperty("first_token_millis") Long firstTokenMillis,
    @MappedProperty("duration_millis") long durationMillis,
    @MappedProperty("status") int status,
    @MappedProperty("outcome") String outcome,
    @Nullable @MappedProperty("error_kind") String errorKind,
    @MappedProperty("cost_micros") long costMicros,
    @MappedProperty("reserved_micros") long reservedMicros,
    @Nullable @MappedProperty("currency") String currency,
    @MappedProperty("attempts") int attempts,
    @MappedProperty("bytes_out") long bytesOut,
    @MappedProperty("bytes_in") long bytesIn) {

  static UsageRow of(UsageRecord record) {
    return new UsageRow(
        null,
        record.entryId(),
        record.requestId(),
        record.time().toEpochMilli(),
        record.client(),
        String.join(",", record.groups()),
        record.label().orElse(null),
        record.model().orElse(null),
        record.route().orElse(null),
        record.provider().orElse(null),
        record.trust().orElse(null),
        record.promptTokens(),
        record.cachedTokens(),
        record.completionTokens(),
        record.firstTokenMillis().isPresent() ? record.firstTokenMillis().getAsLong() : null,
        record.durationMillis(),
        record.status(),
        record.outcome().text(),
        record.errorKind().orElse(null),
        record.charged().costMicros(),
        record.charged().reservedMicros(),
        record.charged().currency().orElse(null),
        record.charged().attempts(),
        record.charged().bytesOut(),
        record.charged().bytesIn());
  }

  UsageRecord toRecord() {
    return new UsageRecord(
        entryId,
        requestId,
        Instant.ofEpochMilli(timeMillis),
        client,
        groups(clientGroups),
        Optional.ofNullable(label),
        Optional.ofNullable(model),
        Optional.ofNullable(route),
        Optional.ofNullable(provider),
        Optional.ofNullable(trust),
        promptTokens,
        cachedTokens,
        completionTokens,
        firstTokenMillis == null ? OptionalLong.empty() : OptionalLong.of(firstTokenMillis),
        durationMillis,
        status,
        Outcome.of(outcome),
        Optional.ofNullable(errorKind),
        new UsageRecord.Charged(
            costMicros,
            reservedMicros,
            Optional.ofNullable(currency),
            attempts,
            bytesOut,
            bytesIn));
  }

  /** The groups in the column's text. */
  static List<String> groups(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
  }
}
