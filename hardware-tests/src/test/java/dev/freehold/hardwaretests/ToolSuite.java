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
  void modelCallsAToolAndUsesItsResult() {
    String policy = Policies.LOCAL_ONLY.replace("smollm2-135m", "qwen2.5-coder-0.5b");
    try (Site site = Site.withBox(Path.of("target/suites/tools"), policy)) {
      JsonNode seen =
          PythonSdk.installed()
              .run("sdk_tools.py", site.box().url(), "small", site.client("alice", "everyone"));

      assertEquals("get_weather", seen.get("name").asText());
      assertEquals("tool_calls", seen.get("finish").asText());
      assertEquals("{\"city\":\"Zurich\"}", seen.get("arguments").toString());
      assertEquals(seen.get("name"), seen.get("streamedName"));
      assertEquals(seen.get("arguments"), seen.get("streamedArguments"));
      assertEquals("tool_calls", seen.get("streamedFinish").asText());
      assertFalse(seen.get("answer").asText().isBlank());
    }
  }
}
