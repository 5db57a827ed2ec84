package dev.freehold.controller.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.GeneratedValue;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

@MappedEntity("audit_entry")
record AuditRow(
    @Nullable @Id @GeneratedValue(GeneratedValue.Type.IDENTITY) Long id,
    @MappedProperty("at_millis") long atMillis,
    @MappedProperty("actor") String actor,
    @MappedProperty("action") String action,
    @MappedProperty("subject") String subject) {}
