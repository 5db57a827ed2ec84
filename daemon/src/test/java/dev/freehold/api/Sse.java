package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the streams of server-sent events that the LAN server writes. */
final class Sse {

  private static final String DATA = "data: ";

  private Sse() {}

  /** Every object that a stream sends, whatever its event is called; the reply must be fine. */
  static List<JsonNode> frames(Reply reply) throws IOException {
    assertEquals(200, reply.status(), reply.body());
    List<JsonNode> frames = new ArrayList<>();
    for (String line : reply.body().lines().toList()) {
      if (line.startsWith(DATA + "{")) {
        frames.add(Json.MAPPER.readTree(line.substring(DATA.length())));
      }
    }
    return frames;
  }

  /** Every event's data, once its name has been found to be its type. */
  static List<JsonNode> typed(Reply reply) throws IOException {
    assertEquals(200, reply.status(), reply.body());
    List<JsonNode> events = new ArrayList<>();
    for (String event : reply.body().strip().split("\n\n", -1)) {
      String[] lines = event.split("\n", -1);
      assertEquals(2, lines.length, event);
      assertTrue(lines[1].startsWith(DATA), event);
      JsonNode data = Json.MAPPER.readTree(lines[1].substring(DATA.length()));
      assertEquals("event: " + data.path("type").asText(), lines[0]);
      events.add(data);
    }
    return events;
  }

  static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.path("type").asText()).toList();
  }
}
