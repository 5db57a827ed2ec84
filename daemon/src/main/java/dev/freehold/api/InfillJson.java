package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import java.io.IOException;
import java.util.List;

/** llama-server's form of a filled gap, of which whole and streamed answers share the end. */
final class InfillJson {

  private InfillJson() {}

  /**
   * Writes the last or the only object.
   *
   * @param only the paths of the members that the client wants, each then a member of its own; all
   *     if there are none
   */
  static void last(
      JsonGenerator json,
      String content,
      String model,
      InferenceEvent.Finished finished,
      List<String> only)
      throws IOException {
    ObjectNode all = Json.MAPPER.createObjectNode();
    all.put("index", 0);
    all.put("content", AnswerJson.wellFormed(content));
    all.put("stop", true);
    all.put("model", model);
    all.put("stop_type", stopType(finished));
    all.put("stopping_word", AnswerJson.wellFormed(finished.stopText().orElse("")));
    all.put("truncated", false);
    all.put("tokens_predicted", finished.usage().completionTokens());
    all.put("tokens_evaluated", finished.usage().promptTokens());
    all.put("tokens_cached", finished.usage().cachedTokens());
    ObjectNode timings = all.putObject("timings");
    timings.put("cache_n", finished.usage().cachedTokens());
    timings.put("prompt_n", finished.usage().promptTokens() - finished.usage().cachedTokens());
    timings.put("predicted_n", finished.usage().completionTokens());
    Json.MAPPER.writeTree(json, only.isEmpty() ? all : selected(all, only));
  }

  private static String stopType(InferenceEvent.Finished finished) {
    if (finished.reason() == FinishReason.LENGTH) {
      return "limit";
    }
    return finished.stopText().isPresent() ? "word" : "eos";
  }

  private static ObjectNode selected(ObjectNode all, List<String> paths) {
    ObjectNode selected = Json.MAPPER.createObjectNode();
    for (String path : paths) {
      JsonNode value = all;
      for (String name : path.split("/", -1)) {
        value = value.path(name);
      }
      if (!value.isMissingNode()) {
        selected.set(path, value);
      }
    }
    return selected;
  }
}
