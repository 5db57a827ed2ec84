package dev.freehold.abuse;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells prompts apart without keeping them: 64 bits of an HMAC-SHA-256 under a key that lives and
 * dies with this process. Safe for use from any thread.
 */
public final class PromptDigest {

  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;

  private final SecretKeySpec key;

  public PromptDigest() {
    byte[] random = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(random);
    this.key = new SecretKeySpec(random, ALGORITHM);
  }

  /** The digest of a prompt's text. */
  public long of(String prompt) {
    return of(prompt.getBytes(StandardCharsets.UTF_8));
  }

  /** The digest of a prompt in whatever form; the same form must be used for all. */
  public long of(byte[] prompt) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return ByteBuffer.wrap(mac.doFinal(prompt)).getLong();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM has no HMAC-SHA-256.", e);
    }
  }
}
