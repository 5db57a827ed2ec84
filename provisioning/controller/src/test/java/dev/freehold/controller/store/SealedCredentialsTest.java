package dev.freehold.controller.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedCredentialsTest {

  private static final Map<String, String> SECRETS = Map.of("helvet-key", "sk-canary-1");

  @TempDir private Path folder;

  @Test
  void whatIsSealedShowsNothingAndOpensWithTheSameKey() throws Exception {
    String sealed = SealedCredentials.open(folder).seal(SECRETS);

    assertFalse(sealed.contains("canary") || sealed.contains("helvet"));
    assertNotEquals(sealed, SealedCredentials.open(folder).seal(SECRETS));
    assertEquals(SECRETS, SealedCredentials.open(folder).open(sealed));
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("credentials.key"))));
  }

  @Test
  void changedTextOrAnotherKeyOpensNothingAndSaysNothingOfIt() throws Exception {
    String sealed = SealedCredentials.open(folder).seal(SECRETS);
    String changed = sealed.substring(0, sealed.length() - 6) + "AAAA==";
    StoreException e =
        assertThrows(StoreException.class, () -> SealedCredentials.open(folder).open(changed));
    assertFalse(e.getMessage().contains(changed));

    Files.delete(folder.resolve("credentials.key"));
    assertThrows(StoreException.class, () -> SealedCredentials.open(folder).open(sealed));
  }

  @Test
  void whatAnOlderControllerWroteIsStillRead() {
    String older = "{\"helvet-key\":\"sk-canary-1\"}";
    assertEquals(SECRETS, SealedCredentials.open(folder).open(older));
  }

  @Test
  void damagedKeyIsToldByItsFile() throws Exception {
    Files.writeString(folder.resolve("credentials.key"), "abcd");
    StoreException e = assertThrows(StoreException.class, () -> SealedCredentials.open(folder));
    assertEquals(true, e.getMessage().contains("credentials.key"));
  }
}
