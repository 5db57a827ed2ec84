package dev.freehold.bundle.uplink;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The head of a box's chain of receipts, signed with the key of its certificate. Whoever holds a
 * head sees by it when receipts up to there were changed, reordered or cut off.
 *
 * <p>What is signed is {@link #signedText} with ES256 (RFC 7518, section 3.4): ECDSA on P-256 with
 * SHA-256, as the 64 bytes of r and s.
 *
 * @param sequence the number of the last entry that the head covers
 * @param hash the chain's SHA-256 at that entry, 64 hexadecimal digits in lower case
 * @param time when it was signed, in whole milliseconds
 * @param signature in base64url without padding
 * @param certificateSha256 of the DER of the certificate whose key signed, in lower-case hex
 */
public record ReceiptHead(
    long sequence, String hash, Instant time, String signature, String certificateSha256) {

  private static final String CONTEXT = "freehold receipt head 1";
  private static final String ALGORITHM = "SHA256withECDSAinP1363Format";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern ES256 = Pattern.compile("[A-Za-z0-9_-]{86}");

  public ReceiptHead {
    if (sequence < 0) {
      throw new IllegalArgumentException(
          "expected a receipt head's sequence of 0 or more, found " + sequence);
    }
    requireSha256(hash, "hash");
    requireSha256(certificateSha256, "certificateSha256");
    Objects.requireNonNull(time, "time");
    if (time.toEpochMilli() < 0) {
      throw new IllegalArgumentException("expected a receipt head's time after 1970");
    }
    time = Instant.ofEpochMilli(time.toEpochMilli());
    if (!ES256.matcher(signature).matches()) {
      throw new IllegalArgumentException(
          "expected a receipt head's signature as 86 characters of base64url (ES256)");
    }
  }

  /** What the signature is over: lines of ASCII, each ended by a line feed. */
  public static byte[] signedText(long sequence, String hash, Instant time) {
    String text = CONTEXT + "\n" + sequence + "\n" + hash + "\n" + time.toEpochMilli() + "\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Signs a head with the key that belongs to the certificate. */
  public static ReceiptHead sign(
      long sequence, String hash, Instant time, PrivateKey key, X509Certificate certificate) {
    try {
      Signature signer = Signature.getInstance(ALGORITHM);
      signer.initSign(key);
      signer.update(signedText(sequence, hash, time));
      String signature = Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
      return new ReceiptHead(sequence, hash, time, signature, digest(certificate));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A receipt head cannot be signed with this key.", e);
    }
  }

  /** Whether it names this certificate as its signer's; the signature is not looked at. */
  public boolean names(X509Certificate certificate) {
    return certificateSha256.equals(digest(certificate));
  }

  /** Whether this key made the signature. */
  public boolean isSignedBy(PublicKey key) {
    try {
      Signature verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(key);
      verifier.update(signedText(sequence, hash, time));
      return verifier.verify(Base64.getUrlDecoder().decode(signature));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  private static String digest(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A certificate cannot be digested.", e);
    }
  }

  private static void requireSha256(String text, String field) {
    if (!SHA256.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "expected a receipt head's " + field + " as 64 lower-case hexadecimal digits");
    }
  }
}
