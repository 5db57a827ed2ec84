package dev.freehold.inference;

import java.util.Objects;
import java.util.Optional;

/**
 * What an answer took over the network.
 *
 * @param bytesOut of the request's body
 * @param bytesIn of the answer's body, as far as it was read
 * @param host where the request went
 * @param keySha256 the SHA-256 of the other side's public key (its SPKI in DER), in hex
 */
public record Traffic(
    long bytesOut, long bytesIn, Optional<String> host, Optional<String> keySha256) {

  /** Of an answer that this box gave itself. */
  public static final Traffic NONE = new Traffic(0, 0, Optional.empty(), Optional.empty());

  public Traffic {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(keySha256, "keySha256");
  }
}
