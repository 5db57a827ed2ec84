package dev.freehold.bundle.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The facts of a request by the names that conditions know them by. */
enum Fact {
  CLIENT("client", SimpleType.STRING),
  GROUPS("groups", ListType.create(SimpleType.STRING)),
  LABEL("label", SimpleType.STRING),
  MODEL("model", SimpleType.STRING),
  DETECTED("detected", ListType.create(SimpleType.STRING)),
  PROMPT_TOKENS("request.promptTokens", SimpleType.INT),
  COMPLETION_TOKENS_MAX("request.completionTokensMax", SimpleType.INT),
  NEEDS_TOOLS("needs.tools", SimpleType.BOOL),
  NEEDS_VISION("needs.vision", SimpleType.BOOL),
  NEEDS_REASONING("needs.reasoning", SimpleType.BOOL),
  NEEDS_JSON_SCHEMA("needs.jsonSchema", SimpleType.BOOL),
  NEEDS_EMBEDDINGS("needs.embeddings", SimpleType.BOOL),
  NEEDS_RERANK("needs.rerank", SimpleType.BOOL),
  QUEUE_SECONDS("engine.queueSeconds", SimpleType.DOUBLE),
  PRICE("price", MapType.create(SimpleType.STRING, SimpleType.DOUBLE)),
  LATENCY("latency", MapType.create(SimpleType.STRING, SimpleType.DOUBLE)),
  HOUR("time.hour", SimpleType.INT),
  WEEKDAY("time.weekday", SimpleType.INT);

  static final Map<String, Fact> BY_TEXT =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Fact::text, fact -> fact));

  private final String text;
  private final CelType type;

  Fact(String text, CelType type) {
    this.text = text;
    this.type = type;
  }

  static List<String> texts() {
    return Arrays.stream(values()).map(Fact::text).toList();
  }

  String text() {
    return text;
  }

  CelType type() {
    return type;
  }

  /** Its value, in CEL's types. */
  Object of(RouteFacts facts) {
    return switch (this) {
      case CLIENT -> facts.client();
      case GROUPS -> facts.groups();
      case LABEL -> facts.label().text();
      case MODEL -> facts.model();
      case DETECTED -> facts.detected().stream().map(PersonalData::text).toList();
      case PROMPT_TOKENS -> (long) facts.promptTokens();
      case COMPLETION_TOKENS_MAX -> (long) facts.completionTokensMax();
      case NEEDS_TOOLS -> facts.needs().contains(Feature.TOOLS);
      case NEEDS_VISION -> facts.needs().contains(Feature.IMAGES);
      case NEEDS_REASONING -> facts.needs().contains(Feature.REASONING);
      case NEEDS_JSON_SCHEMA -> facts.needs().contains(Feature.JSON_SCHEMA);
      case NEEDS_EMBEDDINGS -> facts.needs().contains(Feature.EMBEDDINGS);
      case NEEDS_RERANK -> facts.needs().contains(Feature.RERANK);
      case QUEUE_SECONDS -> facts.engineQueueSeconds();
      case PRICE -> doubles(facts.outPerMillion());
      case LATENCY -> facts.firstTokenSeconds();
      case HOUR -> (long) facts.time().getHour();
      case WEEKDAY -> (long) facts.time().getDayOfWeek().getValue();
    };
  }

  private static Map<String, Double> doubles(Map<String, BigDecimal> amounts) {
    Map<String, Double> doubles = new HashMap<>();
    amounts.forEach((name, amount) -> doubles.put(name, amount.doubleValue()));
    return doubles;
  }
}
