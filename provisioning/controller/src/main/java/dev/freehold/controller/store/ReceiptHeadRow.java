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
    @MappedProperty("jws") String jws,
    @MappedProperty("verified") boolean verified,
    @MappedProperty("received_millis") long receivedMillis) {

  static ReceiptHeadRow of(String serial, HeldHead held) {
    return new ReceiptHeadRow(
        Ids.of(serial, Integer.toString(held.line())),
        serial,
        held.line(),
        held.head().jws(),
        held.verified(),
        held.received().toEpochMilli());
  }

  HeldHead toHeld() {
    return new HeldHead(
        line, ReceiptHead.parse(jws), verified, Instant.ofEpochMilli(receivedMillis));
  }
}
