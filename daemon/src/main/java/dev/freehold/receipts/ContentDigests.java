package dev.freehold.receipts;

import dev.freehold.bundle.files.KeyFile;
import java.io.IOException;
import java.nio.file.Path;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes digests of content by a key that only this box has. Without the key nobody can try out
 * which text a digest belongs to; with it one can show that a given text is the one. Usable from
 * any thread.
 */
public final class ContentDigests {

  private static final String KEY_FILE = "content.key";

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
    return new ContentDigests(KeyFile.readOrMake(folder.resolve(KEY_FILE), false));
  }

  /**
   * Opens a key that must be there.
   *
   * @throws ReceiptException if it is not there or is damaged
   */
  public static ContentDigests read(Path folder) throws IOException {
    try {
      return new ContentDigests(KeyFile.read(folder.resolve(KEY_FILE)));
    } catch (IOException e) {
      throw new ReceiptException(
          "No digest of content can be compared: "
              + e.getMessage()
              + ". Restore the file from a backup.",
          e);
    }
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
