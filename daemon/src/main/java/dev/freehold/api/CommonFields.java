package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Priority;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads the fields that the surfaces have in common. */
final class CommonFields {

  static final int LOGIT_BIASES_MAX = 1_024;
  static final int STOP_CHARACTERS_MAX = 1_024;
  static final int GRAMMAR_CHARACTERS_MAX = 32_768;
  static final int BREAKERS_MAX = 64;
  static final int BREAKER_CHARACTERS_MAX = 64;

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
        stop(fields, stopName),
        rarer(fields));
  }

  private static Sampling.Rarer rarer(Fields fields) throws ApiException {
    Map<SamplerSetting, Double> settings = new EnumMap<>(SamplerSetting.class);
    for (SamplerSetting setting : SamplerSetting.values()) {
      if (fields.has(setting.field())) {
        settings.put(setting, number(fields, setting));
      }
    }
    return new Sampling.Rarer(settings, breakers(fields), fields.flag("ignore_eos", false));
  }

  private static double number(Fields fields, SamplerSetting setting) throws ApiException {
    return setting.isWhole()
        ? fields.integer(setting.field(), (int) setting.min(), (int) setting.max()).getAsInt()
        : fields.number(setting.field(), setting.min(), setting.max()).getAsDouble();
  }

  private static List<String> breakers(Fields fields) throws ApiException {
    String name = "dry_sequence_breakers";
    JsonNode breakers = fields.raw(name);
    if (breakers.isMissingNode()) {
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : breakers) {
      texts.add(text.asText(""));
    }
    boolean fit = breakers.isArray() && !texts.isEmpty() && texts.size() <= BREAKERS_MAX;
    for (String text : texts) {
      fit &= !text.isEmpty() && text.length() <= BREAKER_CHARACTERS_MAX && text.indexOf(0) < 0;
    }
    if (!fit) {
      throw ApiErrors.wrongParam(
          name,
          "'%s' must be an array of 1 to %d strings of 1 to %d characters, found something else."
              .formatted(name, BREAKERS_MAX, BREAKER_CHARACTERS_MAX));
    }
    return texts;
  }

  /** A grammar of the client's own, in llama.cpp's GBNF. */
  static Optional<OutputFormat> grammar(Fields fields) throws ApiException {
    Optional<String> grammar = fields.text("grammar").filter(text -> !text.isEmpty());
    if (grammar.isEmpty()) {
      return Optional.empty();
    }
    if (grammar.get().length() > GRAMMAR_CHARACTERS_MAX) {
      throw ApiErrors.wrongParam(
          "grammar",
          "'grammar' has %d characters, this box takes at most %d."
              .formatted(grammar.get().length(), GRAMMAR_CHARACTERS_MAX));
    }
    return Optional.of(new OutputFormat.Grammar(grammar.get()));
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

  /** How many answers are wanted. */
  static int answers(Fields fields) throws ApiException {
    return fields.integer("n", 1, AnswerShape.Completion.ANSWERS_MAX).orElse(1);
  }

  /** Which class a request waits in; "flex" is OpenAI's word for one that nobody waits for. */
  static Priority priority(Fields fields) throws ApiException {
    return switch (fields.text("service_tier").orElse("auto")) {
      case "flex" -> Priority.BACKGROUND;
      case "auto", "default", "priority" -> Priority.INTERACTIVE;
      default ->
          throw ApiErrors.wrongParam(
              "service_tier",
              "'service_tier' must be auto, default, flex or priority, found something else.");
    };
  }

  /** The tier that an answer names to a client that asked for one. */
  static Optional<String> answeredTier(Fields fields) throws ApiException {
    String served = priority(fields) == Priority.BACKGROUND ? "flex" : "default";
    return fields.text("service_tier").map(_ -> served);
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
