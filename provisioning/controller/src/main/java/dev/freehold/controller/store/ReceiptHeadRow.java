package dev.freehold.controller.store;

import dev.freehold.bundle.uplink.ReceiptHead;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.MappedProperty;
import java.time.Instant;

/** The last head of one line of a box's receipts; its id is the digest of both. */
@MappedEntity("receipt_head")
record ReceiptHeadRow(
    @Id @MappedProperty("id") String id,
    @MappedProperty("serial") String serial,
    @MappedProperty("line") int line,
    @MappedProperty("sequence_number") long sequenceNumber,
    @MappedProperty("hash") String hash,
    @MappedProperty("head_millis") long headMillis,
    @MappedProperty("signature") String signature,
    @MappedProperty("certificate_sha256") String certificateSha256,
    @MappedProperty("verified") boolean verified,
    @MappedProperty("received_millis") long receivedMillis) {

  static ReceiptHeadRow of(String serial, HeldHead held) {
    ReceiptHead head = held.head();
    return new ReceiptHeadRow(
        Ids.of(serial, Integer.toString(held.line())),
        serial,
        held.line(),
        head.sequence(),
        head.hash(),
        head.time().toEpochMilli(),
        head.signature(),
        head.certificateSha256(),
        held.verified(),
        held.received().toEpochMilli());
  }

  HeldHead toHeld() {
    return new HeldHead(
        line,
        new ReceiptHead(
            sequenceNumber, hash, Instant.ofEpochMilli(headMillis), signature, certificateSha256),
        verified,
        Instant.ofEpochMilli(receivedMillis));
  }
}
