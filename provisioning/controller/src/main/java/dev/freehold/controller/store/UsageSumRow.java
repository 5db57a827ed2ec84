package dev.freehold.controller.store;

import io.micronaut.core.annotation.Introspected;
import io.micronaut.data.annotation.MappedProperty;

/** One line of a summary, as the query gives it. */
@Introspected
record UsageSumRow(
    @MappedProperty("dimension") String dimension,
    @MappedProperty("currency") String currency,
    @MappedProperty("requests") long requests,
    @MappedProperty("prompt_tokens") long promptTokens,
    @MappedProperty("cached_tokens") long cachedTokens,
    @MappedProperty("completion_tokens") long completionTokens,
    @MappedProperty("cost_micros") long costMicros) {}
