package dev.freehold.sync;

import dev.freehold.abuse.Quarantine;
import dev.freehold.bundle.uplink.ReceiptHead;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Where a heartbeat takes what it reports. Each is asked on the heartbeat's thread.
 *
 * @param bundleVersion the bundle in force, if there is one
 * @param receiptHead the newest signed head of the receipts, if there is one
 * @param usage sums of the ledger
 * @param quarantine who was shut out
 */
public record HeartbeatSources(
    Supplier<OptionalLong> bundleVersion,
    Supplier<Optional<ReceiptHead>> receiptHead,
    UsageBuckets usage,
    Quarantine quarantine) {

  public HeartbeatSources {
    Objects.requireNonNull(bundleVersion, "bundleVersion");
    Objects.requireNonNull(receiptHead, "receiptHead");
    Objects.requireNonNull(usage, "usage");
    Objects.requireNonNull(quarantine, "quarantine");
  }
}
