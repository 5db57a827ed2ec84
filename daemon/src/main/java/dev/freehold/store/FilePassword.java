package dev.freehold.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * The random key of a database file, in a file next to it that only its owner may read. H2 derives
 * the cipher's key from it with few rounds, which is enough for 256 random bits and for nothing
 * less.
 */
final class FilePassword {

  private static final int KEY_BYTES = 32;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private FilePassword() {}

  /** Reads the key of a database, or makes one if there is neither a key nor a database. */
  static String of(Path folder, String name) throws IOException {
    Path key = folder.resolve(name + ".key");
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    if (!Files.exists(key)) {
      if (Files.exists(folder.resolve(name + ".mv.db"))) {
        throw new IOException(
            "expected it at %s, found only the database. Restore it, or move the database away"
                .formatted(key));
      }
      create(key);
    }
    String text = Files.readString(key, StandardCharsets.US_ASCII).strip();
    if (text.length() != KEY_BYTES * 2 || !text.chars().allMatch(Character::isLetterOrDigit)) {
      throw new IOException(
          "expected %d hexadecimal digits in %s, found something else"
              .formatted(KEY_BYTES * 2, key));
    }
    return text;
  }

  /** Written beside its place, synced and moved, so that a key is there whole or not at all. */
  private static void create(Path key) throws IOException {
    byte[] random = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(random);
    Path staged = key.resolveSibling(key.getFileName() + ".new");
    Files.deleteIfExists(staged);
    try (FileChannel channel =
        FileChannel.open(
            staged,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
      ByteBuffer text =
          ByteBuffer.wrap(HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII));
      while (text.hasRemaining()) {
        channel.write(text);
      }
      channel.force(true);
    }
    Files.move(staged, key, StandardCopyOption.ATOMIC_MOVE);
  }
}
