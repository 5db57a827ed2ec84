package dev.freehold.controller.store;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A box the controller knows, enrolled or expected.
 *
 * @param encryptionKeyBase64 its ML-KEM-768 public key as SubjectPublicKeyInfo
 * @param certificatePem the certificate it was given last
 * @param seen when it was in touch last
 * @param fetchedVersion the bundle it said last that it has, 0 for none
 * @param daemonVersion what it runs, as it said in its last heartbeat
 */
public record Box(
    String serial,
    Optional<String> encryptionKeyBase64,
    Optional<String> certificatePem,
    Instant created,
    Optional<Instant> enrolled,
    Optional<Instant> seen,
    long fetchedVersion,
    Optional<String> daemonVersion) {

  public Box {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(encryptionKeyBase64, "encryptionKeyBase64");
    Objects.requireNonNull(certificatePem, "certificatePem");
    Objects.requireNonNull(created, "created");
    Objects.requireNonNull(enrolled, "enrolled");
    Objects.requireNonNull(seen, "seen");
    Objects.requireNonNull(daemonVersion, "daemonVersion");
  }

  static Box of(BoxRow row) {
    return new Box(
        row.serial(),
        Optional.ofNullable(row.encryptionKey()),
        Optional.ofNullable(row.certificate()),
        Instant.ofEpochMilli(row.createdMillis()),
        Optional.ofNullable(row.enrolledMillis()).map(Instant::ofEpochMilli),
        Optional.ofNullable(row.seenMillis()).map(Instant::ofEpochMilli),
        row.fetchedVersion(),
        Optional.ofNullable(row.daemonVersion()));
  }
}
