package dev.freehold.controller.store;

import java.util.Arrays;
import java.util.Objects;

/**
 * A bundle as a box is given it.
 *
 * @param publication the version of the publication it was made from
 * @param keySha256 hex of the box's key that it is encrypted to
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content below.
public record SealedBundle(
    String serial, long version, long publication, String keySha256, byte[] cms) {

  public SealedBundle {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(keySha256, "keySha256");
    cms = cms.clone();
  }

  @Override
  public byte[] cms() {
    return cms.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SealedBundle that
        && serial.equals(that.serial)
        && version == that.version
        && publication == that.publication
        && keySha256.equals(that.keySha256)
        && Arrays.equals(cms, that.cms);
  }

  @Override
  public int hashCode() {
    return Objects.hash(serial, version);
  }

  @Override
  public String toString() {
    return "SealedBundle[serial=" + serial + ", version=" + version + "]";
  }
}
