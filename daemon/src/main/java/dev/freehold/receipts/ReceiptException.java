package dev.freehold.receipts;

import java.io.IOException;

/** Receipts that cannot be written or read. The message says what to do, and holds no content. */
public final class ReceiptException extends IOException {

  private static final long serialVersionUID = 1L;

  public ReceiptException(String message) {
    super(message);
  }

  public ReceiptException(String message, Throwable cause) {
    super(message, cause);
  }
}
