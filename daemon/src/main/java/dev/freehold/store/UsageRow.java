package dev.freehold.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.GeneratedValue;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;
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
    @Nullable @MappedProperty("error_kind") String errorKind) {

  static UsageRow of(UsageRecord record) {
    return new UsageRow(
        null,
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
        record.errorKind().orElse(null));
  }

  UsageRecord toRecord() {
    return new UsageRecord(
        requestId,
        java.time.Instant.ofEpochMilli(timeMillis),
        client,
        clientGroups.isEmpty() ? List.of() : List.of(clientGroups.split(",", -1)),
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
        Optional.ofNullable(errorKind));
  }
}
