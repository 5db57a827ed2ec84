package dev.freehold.inference;

import java.util.Objects;

/** Whether the model may, must or must not call a tool. */
public sealed interface ToolChoice {

  /** The model decides. */
  record Auto() implements ToolChoice {}

  /** No tool is called. */
  record None() implements ToolChoice {}

  /** At least one tool is called. */
  record Required() implements ToolChoice {}

  /** This tool is called. */
  record Named(String name) implements ToolChoice {

    public Named {
      Objects.requireNonNull(name, "name");
    }
  }
}
