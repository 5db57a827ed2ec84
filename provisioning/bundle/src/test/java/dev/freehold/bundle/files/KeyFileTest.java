package dev.freehold.bundle.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void choose() {
    file = folder.resolve("store/some.key");
  }

  @Test
  void keyIsMadeOnceForItsOwnerAlone() throws IOException {
    byte[] made = KeyFile.readOrMake(file, false);

    assertEquals(32, made.length);
    assertArrayEquals(made, KeyFile.readOrMake(file, true));
    assertArrayEquals(made, KeyFile.read(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void lostKeyIsNotReplacedByANewOne() {
    IOException e = assertThrows(IOException.class, () -> KeyFile.readOrMake(file, true));
    assertTrue(e.getMessage().contains("some.key"), e.getMessage());
    assertFalse(Files.exists(file));
  }

  @Test
  void damagedKeyIsRefusedAndNotShown() throws IOException {
    Files.createDirectories(file.getParent());
    for (String damaged : new String[] {"", "abcd", "z".repeat(64), "ab".repeat(33)}) {
      Files.writeString(file, damaged);
      IOException e = assertThrows(IOException.class, () -> KeyFile.readOrMake(file, false));
      assertTrue(e.getMessage().contains("64 hexadecimal digits"), e.getMessage());
      assertFalse(!damaged.isEmpty() && e.getMessage().contains(damaged));
      assertEquals(damaged, Files.readString(file));
    }
  }
}
