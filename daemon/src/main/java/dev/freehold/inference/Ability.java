package dev.freehold.inference;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a model can be asked for. */
public enum Ability {
  /** Answers conversations. */
  CHAT,
  /** Continues text as it stands. */
  COMPLETION,
  /** Fills a gap in text. */
  INFILL,
  /** Calls the tools that a conversation offers. */
  TOOLS,
  /** Reads images. */
  VISION,
  /** Turns text into vectors. */
  EMBEDDINGS,
  /** Scores documents against a query. */
  RERANK;

  /** What a prompt asks for, whatever else it needs. */
  public static Ability of(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Chat _ -> CHAT;
      case Prompt.Text _ -> COMPLETION;
      case Prompt.Infill _ -> INFILL;
      case Prompt.Embedding _ -> EMBEDDINGS;
      case Prompt.Ranking _ -> RERANK;
    };
  }

  /** Whether the answer is text. */
  public boolean isOfText() {
    return switch (this) {
      case CHAT, COMPLETION, INFILL, TOOLS, VISION -> true;
      case EMBEDDINGS, RERANK -> false;
    };
  }

  /** Its name in the API. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The ability of that name, if there is one. */
  public static Optional<Ability> find(String text) {
    return Arrays.stream(values()).filter(ability -> ability.text().equals(text)).findFirst();
  }
}
