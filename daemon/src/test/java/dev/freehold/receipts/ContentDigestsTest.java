package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Receipts know content by its keyed digest alone. */
final class ContentDigestsTest extends LoggedTest {

  @Test
  void nothingOfTheContentIsInAnyFile() throws Exception {
    String canary = "canary-7f3a91";
    ContentDigests digests = ContentDigests.open(folder);
    try (ReceiptLog log = open()) {
      byte[] content = ("Please translate: " + canary).getBytes(StandardCharsets.UTF_8);
      log.append(
          TestEntries.decision(
              "r-1", Label.PUBLIC, Optional.of(digests.of(content)), TrustClass.LOCAL));
      ContentDigest answer = digests.begin();
      answer.update("voilà: ");
      answer.update(canary);
      log.append(
          TestEntries.outcome(
              "r-1", Label.PUBLIC, TrustClass.LOCAL, 0, Optional.of(answer.finish())));
    }
    assertFalse(isInSomeFile(canary));
    assertTrue(isInSomeFile("hmac-sha256:"));
    Files.writeString(folder.resolve("planted"), canary);
    assertTrue(isInSomeFile(canary), "the search finds what is there");
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("content.key"))));
  }

  @Test
  void digestDependsOnTheKeyAndNotOnThePieces() throws Exception {
    ContentDigests one = ContentDigests.open(state.resolve("one"));
    ContentDigests other = ContentDigests.open(state.resolve("other"));
    byte[] text = "a text".getBytes(StandardCharsets.UTF_8);
    ContentDigest pieces = one.begin();
    pieces.update("a ");
    pieces.update(java.nio.ByteBuffer.wrap(text, 2, 4));

    assertEquals(one.of(text), pieces.finish());
    assertEquals(one.of(text), ContentDigests.open(state.resolve("one")).of(text));
    assertFalse(one.of(text).equals(other.of(text)));
    assertThrows(ReceiptException.class, () -> ContentDigests.read(state.resolve("none")));
  }

  private boolean isInSomeFile(String text) throws IOException {
    for (Path file : files()) {
      if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
        return true;
      }
    }
    return false;
  }
}
