package dev.freehold.receipts.cli;

import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.receipts.ReceiptException;
import dev.freehold.receipts.ReceiptSource;
import dev.freehold.receipts.ReceiptVerifier;
import dev.freehold.receipts.SignedHead;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What receipts are checked against. */
final class TrustOptions {

  @Option(
      names = "--trust-root",
      paramLabel = "PIN|PEM",
      description = {
        "The tenant's root: the pin that the controller prints (sha256:…), or a file of PEM.",
        "Without it, the root in the box's own state folder: then only what the box says of",
        "itself is checked."
      })
  private String trustRoot;

  @Option(
      names = "--head",
      paramLabel = "FILE",
      description = {
        "A signed head that the controller holds (freeholdctl receipts head).",
        "Only with it are lines missed that were cut from the end, or a log that the holder of",
        "the device key wrote anew."
      })
  private Path head;

  @Option(
      names = "--box",
      paramLabel = "SERIAL",
      description = "The box that must have signed; otherwise any box of the tenant.")
  private String box;

  ReceiptVerifier verifier(ReceiptSource source) throws IOException {
    ReceiptVerifier verifier = ReceiptVerifier.under(root(source));
    if (box != null) {
      verifier = verifier.ofBox(box);
    }
    if (head != null) {
      verifier = verifier.holding(head());
    }
    return verifier;
  }

  boolean isOwnRoot() {
    return trustRoot == null;
  }

  private SignedHead head() throws IOException {
    try {
      return SignedHead.parse(DurableFiles.readText(head));
    } catch (IllegalArgumentException e) {
      throw new ReceiptException("--head " + head + ": " + e.getMessage() + ".", e);
    }
  }

  private SpkiPin root(ReceiptSource source) throws IOException {
    if (trustRoot == null) {
      Optional<SpkiPin> own = source.ownRoot();
      return own.orElseThrow(
          () ->
              new ReceiptException(
                  "Expected --trust-root, since there is no identity beside the receipts: the pin"
                      + " that the controller prints when it starts (sha256:…), or its roots as"
                      + " PEM."));
    }
    if (trustRoot.startsWith("sha256:")) {
      try {
        return SpkiPin.parse(trustRoot);
      } catch (IllegalArgumentException e) {
        throw new ReceiptException("--trust-root: " + e.getMessage(), e);
      }
    }
    try {
      // Of a tenant's two roots the first, classical one is above the device certificates.
      return SpkiPin.of(Pem.certificates(DurableFiles.readText(Path.of(trustRoot))).getFirst());
    } catch (GeneralSecurityException e) {
      throw new ReceiptException("--trust-root " + trustRoot + ": " + e.getMessage(), e);
    }
  }
}
