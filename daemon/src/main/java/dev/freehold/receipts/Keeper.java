package dev.freehold.receipts;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps what was appended: syncs it to the disk and signs heads over it.
 *
 * <p>It owns the thread {@code receipts-sync}, a platform thread, since a sync would hold the
 * carrier of a virtual one; others sign here, too, and wait for the disk then. It owns two locks,
 * taken in this order and before that of the {@link ReceiptChain}: {@code headLock} (one head at a
 * time), {@code syncLock} (one sync at a time, and no file is closed meanwhile).
 */
final class Keeper {

  private static final Logger LOG = System.getLogger(Keeper.class.getName());
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);

  private final Path folder;
  private final ReceiptChain chain;

  private final ReentrantLock headLock = new ReentrantLock();
  private DeviceSigner signer;
  private SignedHead signed;

  private final ReentrantLock syncLock = new ReentrantLock();

  private final Thread thread =
      Thread.ofPlatform().daemon().name("receipts-sync").unstarted(this::keep);

  Keeper(Path folder, ReceiptChain chain, DeviceSigner signer) {
    this.folder = folder;
    this.chain = chain;
    this.signer = signer;
  }

  void start() {
    thread.start();
  }

  /** Signs what is new, appends the head and syncs; or returns the last head if nothing is new. */
  SignedHead sign() throws ReceiptException {
    headLock.lock();
    try {
      while (true) {
        Optional<ReceiptChain.Unsigned> end = chain.unsigned();
        if (end.isEmpty()) {
          return signed;
        }
        SignedHead head =
            SignedHead.sign(signer, end.get().sequence(), end.get().hash(), end.get().now());
        // Another try if this thread was held up too long.
        if (chain.append(head)) {
          sync();
          signed = head;
          return head;
        }
      }
    } finally {
      headLock.unlock();
    }
  }

  /** Goes on with a renewed key and certificate. */
  void renew(DeviceSigner renewed) throws ReceiptException {
    headLock.lock();
    try {
      chain.append(renewed.certificate());
      signer = renewed;
    } finally {
      headLock.unlock();
    }
    sign();
  }

  private void sync() throws ReceiptException {
    syncLock.lock();
    try {
      SegmentWriter.Unsynced unsynced = chain.takeUnsynced();
      unsynced.current().getFD().sync();
      for (RandomAccessFile old : unsynced.retired()) {
        old.close();
      }
    } catch (IOException e) {
      // After a failed sync nobody knows what is on the disk: nothing more may be promised.
      chain.failed(e);
      throw new ReceiptException(
          "The receipts in " + folder + " cannot be synced: " + e.getMessage(), e);
    } finally {
      syncLock.unlock();
    }
  }

  /** Waits for the thread, which ends with the chain, signs a last time and closes the file. */
  void close() throws IOException {
    try {
      thread.join(CLOSE_WAIT_MAX);
      sign();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeFile();
    }
  }

  private void closeFile() throws IOException {
    syncLock.lock();
    try {
      chain.closeFile();
    } finally {
      syncLock.unlock();
    }
  }

  /** The thread's work, until the log is closed. */
  private void keep() {
    try {
      for (ReceiptChain.Due due = chain.awaitDue();
          due != ReceiptChain.Due.NOTHING;
          due = chain.awaitDue()) {
        keepUp(due);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      chain.failed(e instanceof IOException io ? io : new IOException(e));
      LOG.log(Level.ERROR, "receipts can no longer be written, so nothing leaves this box", e);
    }
  }

  /** A disk that is full now may have room again in a second. */
  private void keepUp(ReceiptChain.Due due) throws ReceiptException {
    try {
      if (due == ReceiptChain.Due.HEAD) {
        sign();
      } else {
        sync();
      }
    } catch (ReceiptException e) {
      if (!chain.postponeHead()) {
        throw e;
      }
      LOG.log(Level.WARNING, "a head of the receipts could not be written: {0}", e.getMessage());
    }
  }
}
