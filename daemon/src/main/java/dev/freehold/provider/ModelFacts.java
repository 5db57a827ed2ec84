package dev.freehold.provider;

import dev.freehold.inference.Ability;
import java.util.Set;

/**
 * What is known of a model, loaded or not.
 *
 * @param requestTokensMax the most tokens that one request can have, prompt and answer together
 * @param memoryBytes what it takes while it is loaded
 */
public record ModelFacts(int requestTokensMax, Set<Ability> abilities, long memoryBytes) {

  public ModelFacts {
    abilities = Set.copyOf(abilities);
  }
}
