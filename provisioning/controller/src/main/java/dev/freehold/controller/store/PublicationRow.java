package dev.freehold.controller.store;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

/** A publication; its credentials are secret, so it prints without them. */
@MappedEntity("publication")
record PublicationRow(
    @Id @MappedProperty("version") Long version,
    @MappedProperty("policy") String policy,
    @MappedProperty("credentials") String credentials,
    @MappedProperty("not_before_millis") long notBeforeMillis,
    @MappedProperty("not_after_millis") long notAfterMillis,
    @MappedProperty("created_by") String createdBy) {

  @Override
  public String toString() {
    return "PublicationRow[version=" + version + "]";
  }
}
