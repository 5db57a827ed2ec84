package dev.freehold.inference;

import java.util.Objects;

/** The shape an answer must have. */
public sealed interface OutputFormat {

  /** Any text. */
  record Text() implements OutputFormat {}

  /** Any JSON object. */
  record JsonObject() implements OutputFormat {}

  /** Text of a grammar in llama.cpp's GBNF. */
  record Grammar(String gbnf) implements OutputFormat {

    public Grammar {
      Objects.requireNonNull(gbnf, "gbnf");
    }

    @Override
    public String toString() {
      return "Grammar[]";
    }
  }

  /** JSON that fits a schema, given as JSON text. */
  record JsonSchema(String schema) implements OutputFormat {

    public JsonSchema {
      Objects.requireNonNull(schema, "schema");
    }

    @Override
    public String toString() {
      return "JsonSchema[]";
    }
  }
}
