/**
 * The proof of what left this box, for whom and why, and the journal of what is charged for it.
 *
 * <p>A {@link dev.freehold.receipts.ReceiptLog} is a hash chain in append-only files, over which
 * the device key signs heads. Of each request it has a {@link dev.freehold.receipts.Decision}
 * (before anything leaves), an {@link dev.freehold.receipts.Attempt} before each try of a provider
 * that is not this box's engine, and one {@link dev.freehold.receipts.Outcome}. A {@link
 * dev.freehold.receipts.ReceiptVerifier} checks it offline; a {@link
 * dev.freehold.receipts.MonthlySummary} adds it up. No entry has a place for content or
 * credentials; {@link dev.freehold.receipts.ContentDigests} makes keyed digests of content.
 *
 * <p>The start-up wires it so, after the identity is open:
 *
 * <pre>{@code
 * Path folder = state.resolve("receipts");
 * ContentDigests digests = ContentDigests.open(folder);
 * ReceiptLog receipts =
 *     closing.later(ReceiptLog.open(folder, DeviceSigner.of(identity), Clock.systemUTC()));
 * receipts.outcomesSince(ledger.caughtUpTo(), ledger::catchUp);   // then requests may come
 * }</pre>
 *
 * Routing appends in this order; the log refuses another, and an attempt at a trust class that the
 * decision does not allow:
 *
 * <pre>{@code
 * receipts.append(new Decision(…, digests.of(content), …));
 * receipts.append(new Attempt(…));    // if it throws, nothing is sent
 * receipts.append(new Outcome(…));    // also when the client hangs up
 * }</pre>
 *
 * The heartbeat sends {@code receipts.signedHead().head()}, which waits for the disk; after a
 * renewal of the device certificate, {@code receipts.renew(DeviceSigner.of(identity))}.
 *
 * <p>All public classes may be used from any thread, except where they say otherwise. The log owns
 * one thread, {@code receipts-sync}. Receipts are never removed: what is kept for how long is the
 * operator's decision, and a verifier would miss what is gone.
 */
package dev.freehold.receipts;
