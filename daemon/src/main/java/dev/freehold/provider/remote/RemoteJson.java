package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

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
}
