package dev.freehold.provider;

import dev.freehold.inference.Ability;
import dev.freehold.llama.Model;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What can be asked of a model, told from its file. */
public final class Abilities {

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
    if (model.infillMarks().isPresent()) {
      abilities.add(Ability.INFILL);
    }
    if (sees) {
      abilities.add(Ability.VISION);
    }
    return Collections.unmodifiableSet(abilities);
  }
}
