package dev.freehold.bundle.uplink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The head of a box's chain of receipts, signed with the key of its certificate: the box's word
 * that the log had this line, and so all lines before it, at this time. Whoever holds a head sees
 * by it when receipts up to there were changed, reordered or cut off.
 *
 * <p>It is a JWS (RFC 7515) by ES256; its header names the device certificate as {@code x5t#S256},
 * its payload is {@code {"hash","sequence","time"}}. Header and payload have one spelling only, so
 * that a head cannot be read in two ways: the parts of this record are always what the JWS says.
 *
 * @param sequence the number of the last line that is vouched for
 * @param hash the chain's SHA-256 at that line, 64 hexadecimal digits in lower case
 * @param time when it was signed
 * @param certificateSha256 of the DER of the certificate whose key signed, in lower-case hex
 * @param jws compact serialisation
 */
public record ReceiptHead(
    long sequence, String hash, Instant time, String certificateSha256, String jws) {

  /** No head's JWS is longer. */
  public static final int CHARACTERS_MAX = 1_024;

  /** The header's {@code typ}. */
  public static final String TYPE = "freehold-receipts-head";

  private static final String ALGORITHM = "SHA256withECDSAinP1363Format";
  private static final String VERIFIED_AS = "SHA256withPLAIN-ECDSA";
  private static final int SIGNATURE_BYTES = 64;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public ReceiptHead {
    Objects.requireNonNull(time, "time");
    if (sequence < 1
        || !SHA256.matcher(hash).matches()
        || !SHA256.matcher(certificateSha256).matches()
        || jws.length() > CHARACTERS_MAX
        || !isSpelled(jws, signedText(sequence, hash, time, certificateSha256))) {
      throw notAHead();
    }
  }

  /** Signs a head with the key that belongs to the certificate. */
  public static ReceiptHead sign(
      long sequence, String hash, Instant time, PrivateKey key, X509Certificate certificate) {
    String digest = digest(certificate);
    String text = signedText(sequence, hash, time, digest);
    try {
      Signature signer = Signature.getInstance(ALGORITHM);
      signer.initSign(key);
      signer.update(text.getBytes(StandardCharsets.US_ASCII));
      String jws = text + "." + BASE64.encodeToString(signer.sign());
      return new ReceiptHead(sequence, hash, time, digest, jws);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A receipt head cannot be signed with this key.", e);
    }
  }

  /**
   * Reads a JWS in compact serialisation. Its signature is not checked here.
   *
   * @throws IllegalArgumentException if the text is no head
   */
  public static ReceiptHead parse(String jws) {
    String[] parts = jws.length() > CHARACTERS_MAX ? new String[0] : jws.split("\\.", -1);
    if (parts.length != 3) {
      throw notAHead();
    }
    try {
      JsonNode header = JSON.readTree(Base64.getUrlDecoder().decode(parts[0]));
      JsonNode payload = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
      String thumbprint = header.path("x5t#S256").asText();
      return new ReceiptHead(
          payload.path("sequence").asLong(-1),
          payload.path("hash").asText(),
          Instant.parse(payload.path("time").asText()),
          HexFormat.of().formatHex(Base64.getUrlDecoder().decode(thumbprint)),
          jws);
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw notAHead();
    }
  }

  /** Whether it names this certificate as its signer's; the signature is not looked at. */
  public boolean names(X509Certificate certificate) {
    return certificateSha256.equals(digest(certificate));
  }

  /** Whether this key made the signature. */
  public boolean isSignedBy(PublicKey key) {
    int dot = jws.lastIndexOf('.');
    try {
      // Bouncy Castle verifies P-256 several times faster than the JDK does.
      Signature verifier = Signature.getInstance(VERIFIED_AS, Keys.bouncyCastle());
      verifier.initVerify(key);
      verifier.update(jws.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
      return verifier.verify(Base64.getUrlDecoder().decode(jws.substring(dot + 1)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  /** What the signature is over; all of it is ASCII that needs no escapes. */
  private static String signedText(
      long sequence, String hash, Instant time, String certificateSha256) {
    String thumbprint = BASE64.encodeToString(HexFormat.of().parseHex(certificateSha256));
    String header =
        "{\"alg\":\"ES256\",\"typ\":\"%s\",\"x5t#S256\":\"%s\"}".formatted(TYPE, thumbprint);
    String payload =
        "{\"hash\":\"%s\",\"sequence\":%s,\"time\":\"%s\"}".formatted(hash, sequence, time);
    return base64(header) + "." + base64(payload);
  }

  private static boolean isSpelled(String jws, String signedText) {
    String signature = jws.substring(jws.lastIndexOf('.') + 1);
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(signature);
      return bytes.length == SIGNATURE_BYTES
          && jws.equals(signedText + "." + BASE64.encodeToString(bytes));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String base64(String text) {
    return BASE64.encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String digest(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A certificate cannot be digested.", e);
    }
  }

  private static IllegalArgumentException notAHead() {
    return new IllegalArgumentException(
        "expected a signed head of receipts (a JWS of type " + TYPE + "), found something else");
  }
}
