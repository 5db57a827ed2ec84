package dev.freehold.bundle.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a request may need of a provider beyond text in and text out. */
public enum Feature {
  TOOLS("tools"),
  IMAGES("images"),
  JSON_SCHEMA("jsonSchema"),
  REASONING("reasoning"),
  LOGPROBS("logprobs"),
  EMBEDDINGS("embeddings"),
  RERANK("rerank"),
  COMPLETION("completion"),
  INFILL("infill");

  private final String text;

  Feature(String text) {
    this.text = text;
  }

  /** The one of that name, as a policy writes it. */
  public static Optional<Feature> find(String text) {
    return Arrays.stream(values()).filter(feature -> feature.text.equals(text)).findFirst();
  }

  /** Every name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(Feature::text).toList();
  }

  /** The name as a policy writes it. */
  public String text() {
    return text;
  }
}
