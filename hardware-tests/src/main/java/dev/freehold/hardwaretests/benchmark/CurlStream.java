package dev.freehold.hardwaretests.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A streamed answer, received by curl and timed as its lines arrive. Client and box share the cores
 * here, as they would not in an office: so the client is a small one, and its lines are only parsed
 * when the last has come.
 *
 * @param tokens that the answer has, as its usage says
 * @param firstTextNanos when the first text arrived, since the start
 * @param lastTextNanos when the last text arrived, since the start
 */
record CurlStream(int tokens, long firstTextNanos, long lastTextNanos) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EVENT = "data: {";

  private record Line(String text, long nanos) {}

  /** Asks, and waits for the whole answer. */
  static CurlStream receive(String url, ClientIdentity identity, ObjectNode request)
      throws IOException, InterruptedException {
    request.put("stream", true);
    request.putObject("stream_options").put("include_usage", true);
    long startNanos = System.nanoTime();
    Process curl =
        new ProcessBuilder(
                "curl",
                "--silent",
                "--show-error",
                "--no-buffer",
                "--cacert",
                identity.authority().toString(),
                "--cert",
                identity.certificate().toString(),
                "--key",
                identity.key().toString(),
                "--header",
                "Content-Type: application/json",
                "--data",
                request.toString(),
                url + "/chat/completions")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Line> lines = new ArrayList<>();
    try (BufferedReader reader = curl.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        lines.add(new Line(line, System.nanoTime() - startNanos));
      }
    }
    if (curl.waitFor() != 0) {
      throw new SiteException("curl ended with " + curl.exitValue() + ".");
    }
    return read(lines);
  }

  private static CurlStream read(List<Line> lines) throws IOException {
    int tokens = 0;
    long first = 0;
    long last = 0;
    for (Line line : lines) {
      if (!line.text().startsWith(EVENT)) {
        continue;
      }
      JsonNode event = JSON.readTree(line.text().substring(EVENT.length() - 1));
      tokens = event.path("usage").path("completion_tokens").asInt(tokens);
      String text = event.path("choices").path(0).path("delta").path("content").asText("");
      if (!text.isEmpty()) {
        last = line.nanos();
        first = first == 0 ? last : first;
      }
    }
    if (first == last) {
      throw new SiteException(
          "Expected a stream, found: " + lines.stream().map(Line::text).limit(3).toList());
    }
    return new CurlStream(tokens, first, last);
  }

  /** The first token's time is the prompt's: the others follow it. */
  double decodeTokensPerSecond() {
    return (tokens - 1) * 1e9 / (lastTextNanos - firstTextNanos);
  }
}
