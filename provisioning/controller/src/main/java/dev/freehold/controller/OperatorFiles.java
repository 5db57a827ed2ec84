package dev.freehold.controller;

import dev.freehold.bundle.Pem;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.controller.authority.Authority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** The first operator's certificate, in files that {@code freeholdctl} is pointed at. */
final class OperatorFiles {

  private static final Duration RENEWED_BEFORE = Duration.ofDays(30);

  private OperatorFiles() {}

  static void write(Path folder, Authority authority, String url, Clock clock) throws IOException {
    DurableFiles.createPrivateFolder(folder);
    if (!isFresh(folder.resolve("cert.pem"), clock.instant())) {
      ClientIdentity operator = authority.newOperator("operator");
      DurableFiles.write(folder.resolve("key.pem"), Pem.encode(operator.key()), Access.OWNER_ONLY);
      // Last of the two: with it the pair is complete.
      DurableFiles.write(
          folder.resolve("cert.pem"), Pem.encode(operator.chain()), Access.OWNER_ONLY);
    }
    DurableFiles.write(
        folder.resolve("ca.pem"), Pem.encode(authority.roots().classical()), Access.OWNER_ONLY);
    DurableFiles.write(folder.resolve("url"), url + "\n", Access.OWNER_ONLY);
  }

  private static boolean isFresh(Path certificate, Instant now) {
    try {
      return Files.exists(certificate)
          && Pem.certificates(DurableFiles.readText(certificate))
              .getFirst()
              .getNotAfter()
              .toInstant()
              .isAfter(now.plus(RENEWED_BEFORE));
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }
}
