package dev.freehold.hardwaretests.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream that was given out at a pace, as it arrived.
 *
 * @param firstTextNanos from asking to the first text
 * @param gapsNanos between two texts
 * @param lost texts that were given out and never came
 */
record PacedStream(long firstTextNanos, List<Long> gapsNanos, int lost) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA = "data: {";

  private record Line(String text, long nanos) {}

  /** Asks on a connection, and waits for the whole stream. Nothing is parsed before its end. */
  static PacedStream receive(KeptConnection connection, byte[] request) throws IOException {
    List<Line> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    long startNanos = System.nanoTime();
    connection.ask(
        request,
        (source, from, length, nanos) -> {
          String text = new String(source, from, length, StandardCharsets.ISO_8859_1);
          int at = 0;
          for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
            lines.add(new Line(line.append(text, at, end).toString(), nanos - startNanos));
            line.setLength(0);
            at = end + 1;
          }
          line.append(text, at, text.length());
        });
    return read(lines);
  }

  private static PacedStream read(List<Line> lines) throws IOException {
    StringBuilder all = new StringBuilder();
    List<Long> gaps = new ArrayList<>();
    long first = 0;
    long last = 0;
    for (Line line : lines) {
      if (!line.text().startsWith(DATA)) {
        continue;
      }
      JsonNode event = JSON.readTree(line.text().substring(DATA.length() - 1));
      String text = event.path("choices").path(0).path("delta").path("content").asText("");
      if (text.isEmpty()) {
        continue;
      }
      all.append(text);
      if (first == 0) {
        first = line.nanos();
      } else {
        gaps.add(line.nanos() - last);
      }
      last = line.nanos();
    }
    int lost = 0;
    for (int n = 0; n < MockUpstream.PACED_WORDS; n++) {
      lost += all.indexOf(MockUpstream.word(n)) < 0 ? 1 : 0;
    }
    return new PacedStream(first, List.copyOf(gaps), lost);
  }
}
