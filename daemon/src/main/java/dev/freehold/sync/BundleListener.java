package dev.freehold.sync;

import dev.freehold.bundle.BundleContent;

/** Puts a bundle into force. Called by one thread at a time, in the order of versions. */
@FunctionalInterface
public interface BundleListener {

  /**
   * Applies the content whole, or not at all.
   *
   * <p>The content may have expired ({@link BundleContent#isExpired}) when it is the kept one of a
   * box that has been without a controller: it may then only serve locally.
   *
   * @throws BundleRejected if it cannot run here; what was in force before must then still be
   */
  void apply(BundleContent content) throws BundleRejected, InterruptedException;
}
