package dev.freehold.receipts;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes digests of content by a key that only this box has. Without the key nobody can try out
 * which text a digest belongs to; with it one can show that a given text is the one. Usable from
 * any thread.
 */
public final class ContentDigests {

  private static final String KEY_FILE = "content.key";
  private static final int KEY_BYTES = 32;

  private final SecretKey key;

  private ContentDigests(byte[] key) {
    this.key = new SecretKeySpec(key, ContentDigest.ALGORITHM);
  }

  /**
   * Opens the key, or makes it at the first start.
   *
   * @param folder {@code receipts} in the daemon's state folder
   */
  public static ContentDigests open(Path folder) throws IOException {
    Path file = folder.resolve(KEY_FILE);
    if (!Files.exists(file)) {
      DurableFiles.createPrivateFolder(folder);
      byte[] key = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(key);
      DurableFiles.write(file, HexFormat.of().formatHex(key) + "\n", Access.OWNER_ONLY);
    }
    return read(folder);
  }

  /**
   * Opens a key that must be there.
   *
   * @throws ReceiptException if it is not there or is damaged
   */
  public static ContentDigests read(Path folder) throws IOException {
    Path file = folder.resolve(KEY_FILE);
    if (Files.exists(file)) {
      try {
        byte[] key = HexFormat.of().parseHex(DurableFiles.readText(file).strip());
        if (key.length == KEY_BYTES) {
          return new ContentDigests(key);
        }
      } catch (IllegalArgumentException e) {
        // Said below.
      }
    }
    throw new ReceiptException(
        "Expected a key of "
            + KEY_BYTES
            + " bytes as hex in "
            + file
            + ", found none. Without it no digest of content can be compared; restore the file from"
            + " a backup, or move it away: the box then makes a new key for what comes.");
  }

  /** Begins a digest. */
  public ContentDigest begin() {
    return new ContentDigest(key);
  }

  /** The digest of these bytes. */
  public String of(byte[] content) {
    ContentDigest digest = begin();
    digest.update(content, 0, content.length);
    return digest.finish();
  }
}
