package dev.freehold.bundle.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableFilesTest {

  @TempDir Path folder;

  @Test
  void keyIsReadableByItsOwnerOnly() throws Exception {
    Path key = folder.resolve("key");

    DurableFiles.write(key, "secret", DurableFiles.Access.OWNER_ONLY);

    assertEquals("secret", DurableFiles.readText(key));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
  }

  @Test
  void killBetweenStageAndSwapLeavesTheOldWhole() throws Exception {
    Path file = folder.resolve("bundle");
    DurableFiles.write(file, "old", DurableFiles.Access.OWNER_ONLY);

    Path staged =
        DurableFiles.stage(
            file, "new".getBytes(StandardCharsets.UTF_8), DurableFiles.Access.OWNER_ONLY);

    assertEquals("old", DurableFiles.readText(file));
    // What the next process does first is to write again, over the leftover.
    DurableFiles.write(file, "newer", DurableFiles.Access.OWNER_ONLY);
    assertEquals("newer", DurableFiles.readText(file));
    assertFalse(Files.exists(staged));
  }

  @Test
  void folderThatWasOpenIsNarrowed() throws Exception {
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));

    DurableFiles.createPrivateFolder(open);

    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(open)));
  }

  @Test
  void endlessFileIsNotRead() throws Exception {
    Path sparse = folder.resolve("sparse");
    try (FileChannel channel =
        FileChannel.open(sparse, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[1]), DurableFiles.BYTES_MAX);
    }

    assertThrows(IOException.class, () -> DurableFiles.read(sparse));
  }
}
