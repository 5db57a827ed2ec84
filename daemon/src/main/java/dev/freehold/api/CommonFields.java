package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads the fields that the surfaces have in common. */
final class CommonFields {

  static final int LOGIT_BIASES_MAX = 1_024;
  static final int STOP_CHARACTERS_MAX = 1_024;

  /** OpenAI allows 0, for which samplers need the smallest nucleus instead. */
  private static final double TOP_P_MIN = 1e-6;

  /** Samplers divide by the penalty. */
  private static final double REPEAT_PENALTY_MIN = 0.01;

  private CommonFields() {}

  /**
   * How tokens are to be chosen.
   *
   * @param stopName what the surface calls the texts that end an answer
   */
  static Sampling sampling(Fields fields, String stopName) throws ApiException {
    OptionalDouble topP = fields.number("top_p", 0, 1);
    return new Sampling(
        fields.number("temperature", 0, 2),
        topP.isPresent() ? OptionalDouble.of(Math.max(TOP_P_MIN, topP.getAsDouble())) : topP,
        fields.integer("top_k", 0, 1_000_000),
        fields.number("min_p", 0, 1),
        fields.number("frequency_penalty", -2, 2),
        fields.number("presence_penalty", -2, 2),
        fields.number("repeat_penalty", REPEAT_PENALTY_MIN, 10),
        fields.longInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        logitBias(fields),
        stop(fields, stopName));
  }

  static boolean includeUsage(Fields fields, boolean stream) throws ApiException {
    if (!fields.has("stream_options")) {
      return false;
    }
    if (!stream) {
      throw ApiErrors.wrongParam(
          "stream_options", "'stream_options' goes only with 'stream': true. Leave it out.");
    }
    return fields.requiredObject("stream_options").flag("include_usage", false);
  }

  /** Whether a reasoning effort asks for reasoning at all. */
  static boolean isEffort(Optional<String> effort) {
    return effort.isPresent() && !effort.get().equals("none");
  }

  /** Several answers to one question are not offered. */
  static void requireOneAnswer(Fields fields, String name) throws ApiException {
    if (fields.integer(name, 1, 128).orElse(1) != 1) {
      throw fields.unsupported(name, "Send 1, or one request for each answer.");
    }
  }

  static void requireAbsent(Fields fields, String name, String instead) throws ApiException {
    JsonNode value = fields.raw(name);
    boolean off =
        value.isMissingNode()
            || (value.isBoolean() && !value.booleanValue())
            || (value.isTextual() && value.textValue().isEmpty())
            || (value.isContainerNode() && value.isEmpty());
    if (!off) {
      throw fields.unsupported(name, instead);
    }
  }

  private static Map<Integer, Double> logitBias(Fields fields) throws ApiException {
    if (!fields.has("logit_bias")) {
      return Map.of();
    }
    JsonNode biases = fields.raw("logit_bias");
    if (!biases.isObject() || biases.size() > LOGIT_BIASES_MAX) {
      throw fields.wrong(
          "logit_bias", "an object of at most %d entries".formatted(LOGIT_BIASES_MAX), biases);
    }
    Map<Integer, Double> result = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : biases.properties()) {
      double bias = entry.getValue().doubleValue();
      if (!entry.getKey().matches("[0-9]{1,9}")
          || !entry.getValue().isNumber()
          || !(Math.abs(bias) <= 100)) {
        throw ApiErrors.wrongParam(
            "logit_bias",
            "'logit_bias' must map token numbers to numbers between -100 and 100, found something"
                + " else.");
      }
      result.put(Integer.parseInt(entry.getKey()), bias);
    }
    return result;
  }

  private static List<String> stop(Fields fields, String name) throws ApiException {
    JsonNode stop = fields.raw(name);
    if (stop.isMissingNode()) {
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    if (stop.isTextual()) {
      texts.add(stop.textValue());
    } else if (stop.isArray() && stop.size() <= Sampling.STOPS_MAX) {
      for (JsonNode text : stop) {
        texts.add(text.isTextual() ? text.textValue() : "");
      }
    } else {
      throw fields.wrong(
          name, "a string or an array of at most %d".formatted(Sampling.STOPS_MAX), stop);
    }
    if (texts.stream().anyMatch(text -> text.isEmpty() || text.length() > STOP_CHARACTERS_MAX)) {
      throw ApiErrors.wrongParam(
          name,
          "'%s' must hold strings of 1 to %d characters, found something else."
              .formatted(name, STOP_CHARACTERS_MAX));
    }
    return texts;
  }
}
