package dev.freehold.controller.store;

import dev.freehold.bundle.uplink.UsageBucket;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

/** One bucket of one box; its id is the digest of the box and the bucket's key. */
@MappedEntity("usage_bucket")
record UsageBucketRow(
    @Id @MappedProperty("id") String id,
    @MappedProperty("serial") String serial,
    @MappedProperty("hour_millis") long hourMillis,
    @MappedProperty("client_group") String clientGroup,
    @MappedProperty("provider") String provider,
    @MappedProperty("model") String model,
    @MappedProperty("label") String label,
    @MappedProperty("currency") String currency,
    @MappedProperty("requests") long requests,
    @MappedProperty("prompt_tokens") long promptTokens,
    @MappedProperty("cached_tokens") long cachedTokens,
    @MappedProperty("completion_tokens") long completionTokens,
    @MappedProperty("cost_micros") long costMicros) {

  static UsageBucketRow of(String serial, UsageBucket bucket) {
    UsageBucket.Key key = bucket.key();
    String id =
        Ids.of(
            serial,
            Long.toString(key.hour().toEpochMilli()),
            key.group(),
            key.provider(),
            key.model(),
            key.label(),
            key.currency());
    return new UsageBucketRow(
        id,
        serial,
        key.hour().toEpochMilli(),
        key.group(),
        key.provider(),
        key.model(),
        key.label(),
        key.currency(),
        bucket.requests(),
        bucket.promptTokens(),
        bucket.cachedTokens(),
        bucket.completionTokens(),
        bucket.costMicros());
  }

  /**
   * Whether nothing in it is less than in the other: an hour only ever grows. Its cost may fall,
   * when what was reserved is settled.
   */
  boolean covers(UsageBucketRow other) {
    return requests >= other.requests
        && promptTokens >= other.promptTokens
        && cachedTokens >= other.cachedTokens
        && completionTokens >= other.completionTokens;
  }
}
