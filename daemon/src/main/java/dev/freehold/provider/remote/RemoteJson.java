package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** JSON from the other side, held to bounds. */
public final class RemoteJson {

  private static final int NESTING_MAX = 64;

  public static final StreamReadConstraints CONSTRAINTS =
      StreamReadConstraints.builder()
          .maxNestingDepth(NESTING_MAX)
          .maxStringLength(ServerSentEvents.EVENT_BYTES_MAX)
          .build();

  public static final ObjectMapper MAPPER =
      JsonMapper.builder(JsonFactory.builder().streamReadConstraints(CONSTRAINTS).build()).build();

  private RemoteJson() {}

  /** The JSON object that an event holds. */
  public static JsonNode object(ServerSentEvents event) throws IOException, BrokenAnswer {
    JsonNode read;
    try {
      read = MAPPER.readTree(event.data(), 0, event.length());
    } catch (JacksonException e) {
      throw new BrokenAnswer("sent something other than JSON");
    }
    if (read == null || !read.isObject()) {
      throw new BrokenAnswer("sent something other than a JSON object");
    }
    return read;
  }

  /** A count of tokens that the other side states; 0 where it states none. */
  public static int tokens(JsonNode number) {
    return number.canConvertToInt() ? Math.max(0, number.intValue()) : 0;
  }
}
