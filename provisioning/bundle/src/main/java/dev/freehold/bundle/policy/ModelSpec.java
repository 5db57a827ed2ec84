package dev.freehold.bundle.policy;

import java.util.Objects;

/**
 * A model that clients may ask for.
 *
 * @param name what clients call it
 * @param catalogue its name in the catalogue
 * @param contextTokens cells of the whole KV cache, shared by the slots
 * @param slots sequences that may run at once
 */
public record ModelSpec(String name, String catalogue, int contextTokens, int slots) {

  public static final int DEFAULT_CONTEXT_TOKENS = 8192;
  public static final int DEFAULT_SLOTS = 8;
  public static final int CONTEXT_TOKENS_MIN = 256;
  public static final int CONTEXT_TOKENS_MAX = 4_194_304;
  public static final int SLOTS_MAX = 256;

  public ModelSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(catalogue, "catalogue");
  }
}
