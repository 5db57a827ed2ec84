package dev.freehold.receipts;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * A keyed digest (HMAC-SHA-256) of content that arrives piece by piece. How it was cut into pieces
 * does not matter. One thread at a time; ends with {@link #finish}.
 */
public final class ContentDigest {

  static final String ALGORITHM = "HmacSHA256";

  private static final String PREFIX = "hmac-sha256:";

  private final Mac mac;

  ContentDigest(SecretKey key) {
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM has no HMAC-SHA-256.", e);
    }
  }

  public void update(byte[] bytes, int offset, int length) {
    mac.update(bytes, offset, length);
  }

  public void update(ByteBuffer bytes) {
    mac.update(bytes);
  }

  /** As UTF-8. A piece must not end inside a surrogate pair. */
  public void update(String text) {
    mac.update(text.getBytes(StandardCharsets.UTF_8));
  }

  /** {@code hmac-sha256:} and hex. */
  public String finish() {
    return PREFIX + HexFormat.of().formatHex(mac.doFinal());
  }
}
