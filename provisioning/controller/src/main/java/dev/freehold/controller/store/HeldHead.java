package dev.freehold.controller.store;

import dev.freehold.bundle.uplink.ReceiptHead;
import java.time.Instant;
import java.util.Objects;

/**
 * The last head that the controller holds of one line of a box's receipts.
 *
 * @param line 0 at first; each time the chain goes backwards a new line begins, and the head that
 *     the old one had come to is kept
 * @param verified whether its signature was checked with a certificate issued to the box
 * @param received when it came
 */
public record HeldHead(int line, ReceiptHead head, boolean verified, Instant received) {

  public HeldHead {
    Objects.requireNonNull(head, "head");
    Objects.requireNonNull(received, "received");
  }
}
