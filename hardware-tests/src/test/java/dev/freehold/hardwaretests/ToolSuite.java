package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Tools, with the starter model: the small one does not know them. */
final class ToolSuite {

  @Test
  void modelCallsAToolAndTakesItsResult() {
    String policy = Policies.LOCAL_ONLY.replace("smollm2-135m", "qwen2.5-coder-0.5b");
    try (Site site = Site.withBox(Path.of("target/suites/tools"), policy)) {
      JsonNode seen =
          PythonSdk.installed()
              .run("sdk_tools.py", site.box().url(), "small", site.client("alice", "everyone"));

      assertEquals("[\"get_weather\",{\"city\":\"Zurich\"}]", seen.get("whole").toString());
      assertEquals(seen.get("whole"), seen.get("streamed"));
      assertEquals(seen.get("finish"), seen.get("streamedFinish"));
      // Nothing in the question asks for the tool: only a grammar can have made this call.
      assertEquals("[\"get_weather\"]", seen.get("forced").toString());
      assertEquals("[\"str\"]", seen.get("forcedCity").toString());
      assertEquals("tool_calls", seen.get("forcedFinish").asText());
      assertFalse(seen.get("answer").asText().isBlank());
    }
  }
}
