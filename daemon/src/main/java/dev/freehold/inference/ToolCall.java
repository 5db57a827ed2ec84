package dev.freehold.inference;

import java.util.Objects;

/**
 * One call of a tool.
 *
 * @param id what a tool's answer refers to
 * @param name the function's name
 * @param arguments the arguments, as JSON text
 */
public record ToolCall(String id, String name, String arguments) {

  public ToolCall {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(arguments, "arguments");
  }

  @Override
  public String toString() {
    return "ToolCall[]";
  }
}
