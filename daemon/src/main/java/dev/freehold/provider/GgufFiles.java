package dev.freehold.provider;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The files that make one served model.
 *
 * @param model its weights and vocabulary
 * @param projector what lets it see, if it does
 * @param adapter LoRA weights beside its own, if it has any
 */
public record GgufFiles(Path model, Optional<Path> projector, Optional<Path> adapter) {

  public GgufFiles {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(projector, "projector");
    Objects.requireNonNull(adapter, "adapter");
  }

  /** A model that is one file. */
  public static GgufFiles of(Path model) {
    return new GgufFiles(model, Optional.empty(), Optional.empty());
  }
}
