package dev.freehold.controller.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.files.KeyFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Providers' credentials as the database holds them: sealed by AES-256-GCM under a key in a file
 * beside it, so that neither an export of the database nor its file with its password shows them.
 */
final class SealedCredentials {

  /** What was written before credentials were sealed begins with a brace. */
  private static final String PREFIX = "sealed:";

  private static final String KEY_FILE = "credentials.key";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<TreeMap<String, String>> BY_NAME = new TypeReference<>() {};

  private final SecretKey key;
  private final SecureRandom random = new SecureRandom();

  private SealedCredentials(SecretKey key) {
    this.key = key;
  }

  /**
   * Reads the key in a folder, or makes one.
   *
   * @throws StoreException if it cannot be read or is none
   */
  static SealedCredentials open(Path folder) {
    Path file = folder.resolve(KEY_FILE);
    try {
      return new SealedCredentials(new SecretKeySpec(KeyFile.readOrMake(file, false), "AES"));
    } catch (IOException e) {
      throw new StoreException(
          "The key of the credentials cannot be read: %s.".formatted(e.getMessage()), e);
    }
  }

  String seal(Map<String, String> credentials) {
    try {
      byte[] nonce = new byte[NONCE_BYTES];
      random.nextBytes(nonce);
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      byte[] sealed = cipher.doFinal(JSON.writeValueAsBytes(new TreeMap<>(credentials)));
      byte[] both = new byte[nonce.length + sealed.length];
      System.arraycopy(nonce, 0, both, 0, nonce.length);
      System.arraycopy(sealed, 0, both, nonce.length, sealed.length);
      return PREFIX + Base64.getEncoder().encodeToString(both);
    } catch (GeneralSecurityException | JsonProcessingException e) {
      // The cause might show what was being written.
      throw new IllegalStateException("Credentials cannot be sealed.");
    }
  }

  /**
   * Opens what was sealed.
   *
   * @throws StoreException if it was sealed under another key, or changed
   */
  Map<String, String> open(String stored) {
    try {
      return JSON.readValue(
          stored.startsWith(PREFIX) ? opened(stored) : stored.getBytes(StandardCharsets.UTF_8),
          BY_NAME);
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      // Without the cause, whose words may be of what was read.
      throw new StoreException(
          "Stored credentials cannot be opened: were they sealed under another %s?"
              .formatted(KEY_FILE),
          null);
    }
  }

  private byte[] opened(String stored) throws GeneralSecurityException {
    byte[] both = Base64.getDecoder().decode(stored.substring(PREFIX.length()));
    if (both.length < NONCE_BYTES) {
      throw new IllegalArgumentException("too short");
    }
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, both, 0, NONCE_BYTES));
    return cipher.doFinal(both, NONCE_BYTES, both.length - NONCE_BYTES);
  }
}
