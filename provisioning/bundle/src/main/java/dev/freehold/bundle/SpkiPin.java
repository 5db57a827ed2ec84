package dev.freehold.bundle;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A public key that is trusted by its SHA-256 alone: how a box knows its controller before it knows
 * anything else. Pins are public.
 *
 * @param sha256Hex of the key's SubjectPublicKeyInfo, lower case
 */
public record SpkiPin(String sha256Hex) {

  private static final String PREFIX = "sha256:";
  private static final int BYTES = 32;

  public SpkiPin {
    Objects.requireNonNull(sha256Hex, "sha256Hex");
  }

  /** The pin of a certificate's key. */
  public static SpkiPin of(X509Certificate certificate) {
    return new SpkiPin(HexFormat.of().formatHex(sha256(certificate.getPublicKey().getEncoded())));
  }

  /**
   * Reads {@code sha256:} followed by hex or by base64url.
   *
   * @throws IllegalArgumentException if the text is no pin
   */
  public static SpkiPin parse(String text) {
    if (text.startsWith(PREFIX)) {
      String digest = text.substring(PREFIX.length()).replaceFirst("=+$", "");
      try {
        byte[] bytes =
            digest.length() == 2 * BYTES
                ? HexFormat.of().parseHex(digest)
                : Base64.getUrlDecoder().decode(digest);
        if (bytes.length == BYTES) {
          return new SpkiPin(HexFormat.of().formatHex(bytes));
        }
      } catch (IllegalArgumentException e) {
        // Said below, in the same words as for a digest of the wrong length.
      }
    }
    throw new IllegalArgumentException(
        "Expected a pin as the controller prints it (sha256: and 64 hex digits), found other"
            + " text.");
  }

  public boolean matches(X509Certificate certificate) {
    return equals(of(certificate));
  }

  @Override
  public String toString() {
    return PREFIX + sha256Hex;
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This JVM has no SHA-256.", e);
    }
  }
}
