package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.TokenLogprob;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads the body of {@code POST /v1/completions}. */
final class CompletionRequests {

  /** What OpenAI generates at most when a plain completion names no limit. */
  static final int DEFAULT_TOKENS_MAX = 16;

  private CompletionRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    int answers = CommonFields.answers(fields);
    requireNoneLeftOut(fields, answers);
    CommonFields.requireAbsent(fields, "echo", "Leave it out.");
    String model = fields.requiredText("model");
    Optional<String> suffix = fields.text("suffix").filter(text -> !text.isEmpty());
    boolean stream = fields.flag("stream", false);
    OptionalInt tokensMax = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    InferenceRequest request =
        new InferenceRequest(
            id,
            model,
            suffix.isPresent()
                ? new Prompt.Infill(prompt(fields), suffix.get(), List.of())
                : new Prompt.Text(prompt(fields)),
            CommonFields.sampling(fields, "stop"),
            CommonFields.grammar(fields).orElse(new OutputFormat.Text()),
            tokensMax.isPresent() ? tokensMax : OptionalInt.of(DEFAULT_TOKENS_MAX),
            fields.integer("logprobs", 0, TokenLogprob.ALTERNATIVES_MAX),
            CommonFields.priority(fields));
    boolean includeUsage = CommonFields.includeUsage(fields, stream);
    Optional<String> tier = CommonFields.answeredTier(fields);
    return new ApiRequest(
        request.withExtras(fields.extras(Extras.Form.OPENAI_COMPLETION, Set.of())),
        new AnswerShape.Completion(Surface.COMPLETION, stream, includeUsage, answers, tier));
  }

  /** To choose the best of more answers than are sent would need all of them ranked. */
  private static void requireNoneLeftOut(Fields fields, int answers) throws ApiException {
    if (fields.integer("best_of", 1, AnswerShape.Completion.ANSWERS_MAX).orElse(answers)
        != answers) {
      throw fields.unsupported("best_of", "Leave it out, or send the same as 'n'.");
    }
  }

  private static String prompt(Fields fields) throws ApiException {
    JsonNode prompt = fields.raw("prompt");
    if (prompt.isArray() && prompt.size() == 1 && prompt.get(0).isTextual()) {
      return prompt.get(0).textValue();
    }
    if (!prompt.isTextual()) {
      throw fields.wrong("prompt", "one string", prompt);
    }
    return prompt.textValue();
  }
}
