package dev.freehold.controller.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

@MappedEntity("alert")
record AlertRow(
    @Id @MappedProperty("id") String id,
    @MappedProperty("serial") String serial,
    @MappedProperty("kind") String kind,
    @MappedProperty("subject") String subject,
    @MappedProperty("detail") String detail,
    @MappedProperty("raised_millis") long raisedMillis,
    @MappedProperty("seen_millis") long seenMillis,
    @Nullable @MappedProperty("until_millis") Long untilMillis) {}
