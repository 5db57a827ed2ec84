package dev.freehold.bundle.policy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A model that clients may ask for.
 *
 * @param name what clients call it, and what records call it
 * @param catalogue its name in the catalogue
 * @param contextTokens cells of the whole KV cache, shared by the slots
 * @param slots sequences that may run at once
 * @param aliases other names under which clients may ask for it
 * @param load when it is loaded
 * @param idle how long a model that is loaded on demand may be unused before it is let go
 * @param adapter the name of a LoRA adapter that it answers with, whose file the box's operator
 *     gives
 */
public record ModelSpec(
    String name,
    String catalogue,
    int contextTokens,
    int slots,
    List<String> aliases,
    Load load,
    Duration idle,
    Optional<String> adapter) {

  public static final int DEFAULT_CONTEXT_TOKENS = 8192;
  public static final int DEFAULT_SLOTS = 8;
  public static final Duration DEFAULT_IDLE = Duration.ofMinutes(15);
  public static final int CONTEXT_TOKENS_MIN = 256;
  public static final int CONTEXT_TOKENS_MAX = 4_194_304;
  public static final int SLOTS_MAX = 256;
  public static final int ALIASES_MAX = 32;
  public static final Duration IDLE_MAX = Duration.ofDays(7);

  /** When a model is loaded. */
  public enum Load {
    /** With the policy that names it, and then for good. */
    START,
    /** When somebody asks for it, and until nobody has for a while. */
    DEMAND;

    /** Its word in the policy file. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Load> find(String text) {
      return Arrays.stream(values()).filter(load -> load.text().equals(text)).findFirst();
    }

    static List<String> texts() {
      return Arrays.stream(values()).map(Load::text).toList();
    }
  }

  public ModelSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(catalogue, "catalogue");
    aliases = List.copyOf(aliases);
    Objects.requireNonNull(load, "load");
    Objects.requireNonNull(idle, "idle");
    Objects.requireNonNull(adapter, "adapter");
  }

  /** A model without an adapter. */
  public ModelSpec(
      String name,
      String catalogue,
      int contextTokens,
      int slots,
      List<String> aliases,
      Load load,
      Duration idle) {
    this(name, catalogue, contextTokens, slots, aliases, load, idle, Optional.empty());
  }

  /** A model that is loaded at the start and has one name. */
  public ModelSpec(String name, String catalogue, int contextTokens, int slots) {
    this(name, catalogue, contextTokens, slots, List.of(), Load.START, DEFAULT_IDLE);
  }
}
