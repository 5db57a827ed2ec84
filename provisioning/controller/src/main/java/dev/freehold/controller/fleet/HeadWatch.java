package dev.freehold.controller.fleet;

import dev.freehold.bundle.Pem;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.controller.store.Alert;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.FleetStore;
import dev.freehold.controller.store.HeldHead;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sees that the receipts of a box only ever grow. Where they go backwards, the head that they had
 * come to stays: whoever verifies the box's files against it sees what is missing.
 */
final class HeadWatch {

  private final FleetStore fleet;
  private final Clock clock;

  HeadWatch(FleetStore fleet, Clock clock) {
    this.fleet = fleet;
    this.clock = clock;
  }

  /** What is wrong, and what tells this occasion from others. */
  record Finding(String occasion, Alert alert) {}

  /** Keeps a head, unless its signature is wrong, and says what is wrong with it. */
  Optional<Finding> receive(Box box, X509Certificate presented, ReceiptHead head) {
    Optional<X509Certificate> signer =
        atHand(box, presented).stream().filter(head::names).findFirst();
    if (signer.isPresent() && !head.isSignedBy(signer.get().getPublicKey())) {
      return Optional.of(
          finding(
              box,
              head,
              Alert.Kind.RECEIPTS_BADLY_SIGNED,
              "Expected the receipts' head %s to be signed by the box's certificate, found a"
                  + " signature that is not. It is not kept.",
              describe(head)));
    }
    List<HeldHead> lines = fleet.heads(box.serial());
    boolean verified = signer.isPresent();
    if (lines.isEmpty()) {
      fleet.keepHead(box.serial(), new HeldHead(0, head, verified, clock.instant()));
      return Optional.empty();
    }
    HeldHead held = lines.getFirst();
    if (continues(held.head(), head)) {
      if (!held.head().equals(head) || verified != held.verified()) {
        fleet.keepHead(box.serial(), new HeldHead(held.line(), head, verified, clock.instant()));
      }
      return Optional.empty();
    }
    if (lines.size() < FleetStore.LINES_MAX) {
      fleet.keepHead(box.serial(), new HeldHead(held.line() + 1, head, verified, clock.instant()));
    }
    return Optional.of(wentBack(box, held.head(), head));
  }

  private static boolean continues(ReceiptHead held, ReceiptHead head) {
    return head.sequence() > held.sequence()
        || (head.sequence() == held.sequence() && head.hash().equals(held.hash()));
  }

  private Finding wentBack(Box box, ReceiptHead held, ReceiptHead head) {
    return held.sequence() == head.sequence()
        ? finding(
            box,
            head,
            Alert.Kind.RECEIPTS_FORKED,
            "Expected the receipts to stand at %s, found %s: entries were changed. Both heads are"
                + " kept; take the box's receipts and verify them against the first.",
            describe(held),
            describe(head))
        : finding(
            box,
            head,
            Alert.Kind.RECEIPTS_WENT_BACK,
            "Expected the receipts to go on from %s, found %s: entries were cut off, or the disk"
                + " was restored or replaced. Both heads are kept; take the box's receipts and"
                + " verify them against the first.",
            describe(held),
            describe(head));
  }

  private Finding finding(
      Box box, ReceiptHead head, Alert.Kind kind, String format, String... described) {
    Instant now = clock.instant();
    return new Finding(
        head.jws(),
        new Alert(
            box.serial(),
            kind,
            "receipts at " + head.sequence(),
            format.formatted((Object[]) described),
            now,
            now,
            Optional.empty()));
  }

  private static String describe(ReceiptHead head) {
    return "entry " + head.sequence() + " with hash " + head.hash();
  }

  /** The certificates issued to this box that its head may be signed with. */
  private static List<X509Certificate> atHand(Box box, X509Certificate presented) {
    List<X509Certificate> certificates = new ArrayList<>();
    certificates.add(presented);
    if (box.certificatePem().isPresent()) {
      try {
        certificates.addAll(Pem.certificates(box.certificatePem().get()));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("A certificate that was issued cannot be read.", e);
      }
    }
    return certificates;
  }
}
