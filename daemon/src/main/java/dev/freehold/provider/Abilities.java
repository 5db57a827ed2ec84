package dev.freehold.provider;

import dev.freehold.inference.Ability;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenBuffer;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What can be asked of a model, told from its file. */
public final class Abilities {

  /**
   * How vocabularies write the token that begins the text before a gap; llama.cpp goes by the same
   * list where the file names no such token.
   */
  private static final List<String> INFILL_MARKS =
      List.of(
          "<|fim_prefix|>",
          "<fim-prefix>",
          "<fim_prefix>",
          "<｜fim▁begin｜>",
          "<PRE>",
          "▁<PRE>",
          "<|code_prefix|>",
          "<|prefix|>");

  private static final List<String> INFILL_KEYS =
      List.of("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id");

  private Abilities() {}

  /**
   * A model whose file names a pooling is made for vectors or scores, and for nothing else. One
   * that writes text can be made to call tools, by grammar where its template has no form for that.
   */
  public static Set<Ability> of(Model model) {
    return of(model, false);
  }

  /**
   * As {@link #of(Model)}.
   *
   * @param sees whether the model has a projector beside it
   */
  public static Set<Ability> of(Model model, boolean sees) {
    return switch (model.pooling()) {
      case MEAN, CLS, LAST -> Set.of(Ability.EMBEDDINGS);
      case RANK -> Set.of(Ability.RERANK);
      case NONE -> ofText(model, sees);
    };
  }

  private static Set<Ability> ofText(Model model, boolean sees) {
    EnumSet<Ability> abilities = EnumSet.of(Ability.COMPLETION, Ability.CHAT, Ability.TOOLS);
    if (fillsGaps(model)) {
      abilities.add(Ability.INFILL);
    }
    if (sees) {
      abilities.add(Ability.VISION);
    }
    return Collections.unmodifiableSet(abilities);
  }

  private static boolean fillsGaps(Model model) {
    return INFILL_KEYS.stream().anyMatch(key -> model.metadata(key).isPresent())
        || INFILL_MARKS.stream().anyMatch(mark -> isOneToken(model, mark));
  }

  private static boolean isOneToken(Model model, String text) {
    try (TokenBuffer tokens = model.tokenize(text, false, true)) {
      return tokens.size() == 1;
    }
  }
}
