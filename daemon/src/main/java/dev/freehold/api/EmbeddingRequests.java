package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Reads the body of {@code POST /v1/embeddings}. */
final class EmbeddingRequests {

  /** OpenAI's own bound. */
  static final int INPUTS_MAX = 2_048;

  /** Tokens of all inputs that come as tokens. */
  static final int TOKENS_MAX = 262_144;

  /** More than any model's vectors have. */
  static final int DIMENSIONS_MAX = 65_536;

  private static final String ENCODING_FORMAT = "encoding_format";

  private static final String BASE64 = "base64";
  private static final String FLOAT = "float";

  private EmbeddingRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    String model = fields.requiredText("model");
    String encoding = fields.text(ENCODING_FORMAT).orElse(FLOAT);
    if (!encoding.equals(FLOAT) && !encoding.equals(BASE64)) {
      throw ApiErrors.wrongParam(
          ENCODING_FORMAT, "'encoding_format' must be float or base64, found something else.");
    }
    fields.text("user");
    Prompt prompt =
        new Prompt.Embedding(inputs(fields), fields.integer("dimensions", 1, DIMENSIONS_MAX));
    Extras extras = fields.extras(Extras.Form.OPENAI_EMBEDDINGS, Set.of("user"));
    return new ApiRequest(
        request(id, model, prompt).withExtras(extras),
        new AnswerShape.Vectors(encoding.equals(BASE64)));
  }

  /** A request that generates nothing. */
  static InferenceRequest request(String id, String model, Prompt prompt) {
    return new InferenceRequest(
        id, model, prompt, Sampling.defaults(), new OutputFormat.Text(), OptionalInt.empty());
  }

  private static List<Prompt.Input> inputs(Fields fields) throws ApiException {
    JsonNode input = fields.raw("input");
    if (input.isTextual()) {
      return List.of(text("input", input));
    }
    if (!input.isArray()) {
      throw fields.wrong("input", "a string, an array of strings or arrays of tokens", input);
    }
    if (!input.isEmpty() && input.get(0).isNumber()) {
      return List.of(tokens("input", input, TOKENS_MAX));
    }
    if (input.isEmpty() || input.size() > INPUTS_MAX) {
      throw ApiErrors.wrongParam(
          "input",
          "'input' must hold 1 to %d inputs, found %d.".formatted(INPUTS_MAX, input.size()));
    }
    List<Prompt.Input> inputs = new ArrayList<>(input.size());
    int tokensLeft = TOKENS_MAX;
    for (int i = 0; i < input.size(); i++) {
      String name = "input[%d]".formatted(i);
      if (input.get(i).isArray()) {
        Prompt.Input.OfTokens tokens = tokens(name, input.get(i), tokensLeft);
        tokensLeft -= tokens.tokens().size();
        inputs.add(tokens);
      } else {
        inputs.add(text(name, input.get(i)));
      }
    }
    return inputs;
  }

  private static Prompt.Input text(String name, JsonNode text) throws ApiException {
    if (!text.isTextual() || text.textValue().isEmpty()) {
      throw ApiErrors.wrongParam(
          name,
          "'%s' must be a string that is not empty or an array of tokens, found something else."
              .formatted(name));
    }
    return new Prompt.Input.OfText(text.textValue());
  }

  private static Prompt.Input.OfTokens tokens(String name, JsonNode array, int tokensMax)
      throws ApiException {
    if (array.isEmpty() || array.size() > tokensMax) {
      throw ApiErrors.wrongParam(
          name,
          "'%s' must hold at least one token, and a request at most %d; found %d."
              .formatted(name, TOKENS_MAX, array.size()));
    }
    int[] tokens =
        Fields.integers(
            array,
            _ ->
                ApiErrors.wrongParam(
                    name,
                    "'%s' must hold whole numbers only, found something else.".formatted(name)));
    return new Prompt.Input.OfTokens(Arrays.stream(tokens).boxed().toList());
  }
}
