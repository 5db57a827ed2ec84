package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads the body of {@code POST /infill}, llama-server's form of filling a gap, which editors'
 * plug-ins speak. What only steers llama-server's own caches and clocks is passed over.
 */
final class InfillRequests {

  static final int CONTEXT_FILES_MAX = 1_024;

  private static final String UNNAMED = "untitled";

  private InfillRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    // What stands in "prompt" is the part of the text before the gap that was typed last.
    String before = fields.text("input_prefix").orElse("") + fields.text("prompt").orElse("");
    String after = fields.text("input_suffix").orElse("");
    if (!fields.has("input_prefix") && !fields.has("input_suffix")) {
      throw ApiErrors.wrongParam(
          "input_prefix",
          "'input_prefix' and 'input_suffix' are missing: send the text before and after the gap.");
    }
    InferenceRequest request =
        new InferenceRequest(
            id,
            fields.text("model").orElse(""),
            new Prompt.Infill(before, after, files(fields)),
            CommonFields.sampling(fields, "stop"),
            CommonFields.grammar(fields).orElse(new OutputFormat.Text()),
            limit(fields));
    return new ApiRequest(request, fields.flag("stream", false), false, false, false);
  }

  /** -1 and -2 mean "until the model ends" and "until the context is full" there. */
  private static OptionalInt limit(Fields fields) throws ApiException {
    OptionalInt limit = fields.integer("n_predict", -2, Integer.MAX_VALUE);
    return limit.isPresent() && limit.getAsInt() < 0 ? OptionalInt.empty() : limit;
  }

  private static List<Prompt.ContextFile> files(Fields fields) throws ApiException {
    List<Prompt.ContextFile> files = new ArrayList<>();
    for (Fields file : fields.objects("input_extra", CONTEXT_FILES_MAX)) {
      files.add(
          new Prompt.ContextFile(file.text("filename").orElse(UNNAMED), file.requiredText("text")));
    }
    return files;
  }
}
