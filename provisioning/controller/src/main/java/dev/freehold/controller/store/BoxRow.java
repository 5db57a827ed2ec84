package dev.freehold.controller.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

/** A box as the table has it; the key is base64, since a null array cannot be bound everywhere. */
@MappedEntity("box")
record BoxRow(
    @Id @MappedProperty("serial") String serial,
    @Nullable @MappedProperty("encryption_key") String encryptionKey,
    @Nullable @MappedProperty("certificate") String certificate,
    @MappedProperty("created_millis") long createdMillis,
    @Nullable @MappedProperty("enrolled_millis") Long enrolledMillis,
    @Nullable @MappedProperty("seen_millis") Long seenMillis,
    @MappedProperty("fetched_version") long fetchedVersion,
    @Nullable @MappedProperty("daemon_version") String daemonVersion) {}
