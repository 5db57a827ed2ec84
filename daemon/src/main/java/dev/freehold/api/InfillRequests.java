package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Reads the body of {@code POST /infill}, llama-server's form of filling a gap, which editors'
 * plug-ins speak. What only steers llama-server's own caches and clocks is passed over.
 */
final class InfillRequests {

  static final int CONTEXT_FILES_MAX = 1_024;

  static final int RESPONSE_FIELDS_MAX = 64;

  private static final Pattern FIELD = Pattern.compile("[A-Za-z0-9_/]{1,128}");
  private static final String UNNAMED = "untitled";

  private InfillRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    // What stands in "prompt" is the part of the text before the gap that was typed last.
    String before = fields.text("input_prefix").orElse("") + fields.text("prompt").orElse("");
    String after = fields.text("input_suffix").orElse("");
    for (String required : List.of("input_prefix", "input_suffix")) {
      if (!fields.has(required)) {
        throw ApiErrors.wrongParam(
            required,
            "'%s' is missing: send the text before and after the gap, empty where there is none."
                .formatted(required));
      }
    }
    InferenceRequest request =
        new InferenceRequest(
            id,
            fields.text("model").orElse(""),
            new Prompt.Infill(before, after, files(fields)),
            CommonFields.sampling(fields, "stop"),
            CommonFields.grammar(fields).orElse(new OutputFormat.Text()),
            limit(fields));
    List<String> wanted = texts(fields, "response_fields");
    return new ApiRequest(request, new AnswerShape.Infill(fields.flag("stream", false), wanted));
  }

  private static List<String> texts(Fields fields, String name) throws ApiException {
    JsonNode array = fields.raw(name);
    if (array.isMissingNode()) {
      return List.of();
    }
    boolean names = array.isArray() && array.size() <= RESPONSE_FIELDS_MAX;
    List<String> texts = new ArrayList<>();
    for (JsonNode text : array) {
      names &= text.isTextual() && FIELD.matcher(text.textValue()).matches();
      texts.add(text.asText());
    }
    if (!names) {
      throw fields.wrong(
          name, "an array of at most %d names of fields".formatted(RESPONSE_FIELDS_MAX), array);
    }
    return texts;
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
