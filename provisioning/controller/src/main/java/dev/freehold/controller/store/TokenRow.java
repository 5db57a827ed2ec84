package dev.freehold.controller.store;

import io.micronaut.core.annotation.Nullable;
import io.micronaut.data.annotation.GeneratedValue;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

/** A one-time token: only its hash. */
@MappedEntity("enrolment_token")
record TokenRow(
    @Nullable @Id @GeneratedValue(GeneratedValue.Type.IDENTITY) Long id,
    @MappedProperty("serial") String serial,
    @MappedProperty("token_sha256") String tokenSha256,
    @MappedProperty("created_millis") long createdMillis,
    @MappedProperty("expires_millis") long expiresMillis,
    @MappedProperty("attempts") int attempts,
    @Nullable @MappedProperty("used_millis") Long usedMillis) {}
