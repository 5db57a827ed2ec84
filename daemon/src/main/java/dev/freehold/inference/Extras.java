package dev.freehold.inference;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Fields of a request's body that this box does not know. They are passed on to a provider that
 * speaks the same API, word for word, and to no other.
 *
 * @param form the API they were written for
 * @param fields a field's name to its JSON
 */
public record Extras(Form form, Map<String, String> fields) {

  public static final Extras NONE = new Extras(Form.OTHER, Map.of());

  /** The APIs that exist on both sides of the box. */
  public enum Form {
    OPENAI_CHAT,
    OPENAI_COMPLETION,
    OPENAI_EMBEDDINGS,
    ANTHROPIC_MESSAGES,
    OTHER
  }

  public Extras {
    Objects.requireNonNull(form, "form");
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** What a provider that speaks an API is sent beside what the box knows. */
  public Map<String, String> of(Form wanted) {
    return form == wanted ? fields : Map.of();
  }

  /** They hold the client's words. */
  @Override
  public String toString() {
    return "Extras[form=" + form + ", fields=" + fields.size() + "]";
  }
}
