package dev.freehold.bundle.files;

import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/** A random key of 256 bits, as hexadecimal digits in a file that only its owner may read. */
public final class KeyFile {

  private static final int KEY_BYTES = 32;

  private KeyFile() {}

  /**
   * Reads a key, or makes it. Its folder is its owner's alone from then on.
   *
   * @param needed whether something is there that only the key of before opens: then none is made
   * @throws IOException if it is needed and not there, or is no key
   */
  public static byte[] readOrMake(Path file, boolean needed) throws IOException {
    DurableFiles.createPrivateFolder(file.toAbsolutePath().getParent());
    if (!Files.exists(file) && !needed) {
      byte[] fresh = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(fresh);
      DurableFiles.write(file, HexFormat.of().formatHex(fresh) + "\n", Access.OWNER_ONLY);
    }
    return read(file);
  }

  /**
   * Reads a key.
   *
   * @throws IOException if it is not there or is none; what was found instead is not told
   */
  public static byte[] read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException("expected a key in %s, found no such file".formatted(file));
    }
    try {
      byte[] key = HexFormat.of().parseHex(DurableFiles.readText(file).strip());
      if (key.length == KEY_BYTES) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      // Its message may show the key.
    }
    throw new IOException(
        "expected a key of %d hexadecimal digits in %s, found something else"
            .formatted(2 * KEY_BYTES, file));
  }
}
