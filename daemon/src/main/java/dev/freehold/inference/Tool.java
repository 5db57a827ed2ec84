package dev.freehold.inference;

import java.util.Objects;

/**
 * A function the model may call.
 *
 * @param name its name
 * @param description what it does, in words for the model, may be empty
 * @param parametersSchema the JSON schema of its arguments, as JSON text
 */
public record Tool(String name, String description, String parametersSchema) {

  public Tool {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(parametersSchema, "parametersSchema");
  }

  @Override
  public String toString() {
    return "Tool[]";
  }
}
