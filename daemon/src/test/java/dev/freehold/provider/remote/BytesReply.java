package dev.freehold.provider.remote;

import dev.freehold.inference.InferenceEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** An answer whose bytes arrive in random portions, wherever these end. */
public final class BytesReply implements Reply {

  private final InputStream body;

  private BytesReply(InputStream body) {
    this.body = body;
  }

  /** What a reading makes of a body. */
  public static List<InferenceEvent> read(Protocol.Reading reading, String body, Random random)
      throws IOException, BrokenAnswer, InterruptedException {
    List<InferenceEvent> events = new ArrayList<>();
    reading.read(
        new BytesReply(
            new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)) {
              @Override
              public synchronized int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, 1 + random.nextInt(40)));
              }
            }),
        events::add);
    return events;
  }

  @Override
  public int status() {
    return 200;
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.empty();
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public Optional<String> keySha256() {
    return Optional.empty();
  }

  @Override
  public void close() {}
}
