package dev.freehold.provider.remote;

import dev.freehold.locality.Permit;
import java.io.IOException;

/** The one way out of the box for what a request says. */
public interface Transport extends AutoCloseable {

  /**
   * Sends a request and waits for the head of its reply. An interrupt ends it at any stage.
   *
   * @param permit for the provider that this leads to
   * @throws IllegalStateException if the permit is for another provider, or the request for another
   *     host
   */
  Reply send(Permit permit, Outgoing request) throws IOException, InterruptedException;

  /** Lets idle connections go; what runs goes on to its end. */
  @Override
  void close();
}
