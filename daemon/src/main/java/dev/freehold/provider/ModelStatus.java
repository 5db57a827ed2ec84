package dev.freehold.provider;

import java.util.Objects;
import java.util.Optional;

/**
 * How one model of this box is doing.
 *
 * @param stage in a word
 * @param facts what is known of it
 * @param problem why it does not serve, or why it serves as it was before a change, as clients may
 *     read it
 * @param users requests that are using it
 */
public record ModelStatus(
    Stage stage, Optional<ModelFacts> facts, Optional<String> problem, int users) {

  /** The words for it. */
  public enum Stage {
    LOADED("loaded"),
    LOADING("loading"),
    FETCHING("fetching"),
    AVAILABLE("available"),
    FAILED("failed");

    private final String text;

    Stage(String text) {
      this.text = text;
    }

    /** Its word in the API. */
    public String text() {
      return text;
    }
  }

  public ModelStatus {
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(facts, "facts");
    Objects.requireNonNull(problem, "problem");
  }
}
