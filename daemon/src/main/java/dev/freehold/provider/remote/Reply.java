package dev.freehold.provider.remote;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** What came back: a status, headers, and a body that is read as it arrives. */
public interface Reply extends AutoCloseable {

  int status();

  /** A header's first value, stripped. */
  Optional<String> header(String name);

  /** The body; the same stream each time. */
  InputStream body() throws IOException;

  /** The SHA-256 in hex of the public key that the other side showed, where there is TLS. */
  Optional<String> keySha256();

  /** Gives the connection back if the body was read to its end, and closes it if not. */
  @Override
  void close();
}
