package dev.freehold.bundle.files;

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
import java.util.EnumSet;
import java.util.Set;

/** Writes and reads small files. One process owns each folder, one thread at a time each file. */
public final class DurableFiles {

  /** No file that is read here is longer. */
  public static final int BYTES_MAX = 8_388_608;

  private static final Set<PosixFilePermission> OWNER_FOLDER =
      PosixFilePermissions.fromString("rwx------");

  private DurableFiles() {}

  /** Who may read a file; only its owner ever writes it. */
  public enum Access {
    OWNER_ONLY("rw-------"),
    EVERYONE_READS("rw-r--r--");

    private final String permissions;

    Access(String permissions) {
      this.permissions = permissions;
    }

    private Set<PosixFilePermission> posix() {
      return PosixFilePermissions.fromString(permissions);
    }
  }

  /** Makes a folder that only its owner may enter, or narrows one that is there to that. */
  public static void createPrivateFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      Files.setPosixFilePermissions(folder, OWNER_FOLDER);
      return;
    }
    if (folder.getParent() != null) {
      Files.createDirectories(folder.getParent());
    }
    Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_FOLDER));
    if (folder.getParent() != null) {
      syncFolder(folder.getParent());
    }
  }

  /** Replaces a file's content. When this returns, the content is on the disk. */
  public static void write(Path file, byte[] content, Access access) throws IOException {
    Path staged = stage(file, content, access);
    replace(staged, file);
  }

  public static void write(Path file, String content, Access access) throws IOException {
    write(file, content.getBytes(StandardCharsets.UTF_8), access);
  }

  /**
   * Writes the content beside the file and syncs it; {@link #replace} puts it in place. A crash
   * between the two leaves the old file untouched.
   */
  public static Path stage(Path file, byte[] content, Access access) throws IOException {
    Path staged = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(staged);
    try (FileChannel channel =
        FileChannel.open(
            staged,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(access.posix()))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    // The process's umask may have taken rights away.
    Files.setPosixFilePermissions(staged, access.posix());
    return staged;
  }

  /** Moves a staged file over its place, and makes the move itself last. */
  public static void replace(Path staged, Path file) throws IOException {
    Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncFolder(file.toAbsolutePath().getParent());
  }

  /** The whole content of a file that is not too long. */
  public static byte[] read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > BYTES_MAX) {
      throw new IOException(
          "expected at most " + BYTES_MAX + " bytes in " + file + ", found " + size);
    }
    return Files.readAllBytes(file);
  }

  public static String readText(Path file) throws IOException {
    return new String(read(file), StandardCharsets.UTF_8);
  }

  /** Makes names that were created, moved or removed in the folder last. */
  public static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
