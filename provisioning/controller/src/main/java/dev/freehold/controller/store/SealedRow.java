package dev.freehold.controller.store;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;

/** The bundle a box is given: the same bytes each time, until there is a newer one. */
@MappedEntity("sealed_bundle")
@SuppressWarnings("ArrayRecordComponent") // A row is written and read, never compared.
record SealedRow(
    @Id @MappedProperty("serial") String serial,
    @MappedProperty("version") long version,
    @MappedProperty("publication") long publication,
    @MappedProperty("key_sha256") String keySha256,
    @MappedProperty("cms") byte[] cms) {

  @Override
  public String toString() {
    return "SealedRow[serial=" + serial + ", version=" + version + "]";
  }
}
