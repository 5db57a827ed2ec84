package dev.freehold.lifecycle;

import dev.freehold.bundle.policy.ModelSpec;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Files that the operator gave by path on the command line.
 *
 * @param models by the policy's name for the model
 * @param projectors what lets models see, by the policy's name for the model
 * @param adapters LoRA adapters, by the policy's name for the adapter
 */
record GivenFiles(
    Map<String, Path> models, Map<String, Path> projectors, Map<String, Path> adapters) {

  GivenFiles {
    models = Map.copyOf(models);
    projectors = Map.copyOf(projectors);
    adapters = Map.copyOf(adapters);
  }

  /** Models alone. */
  static GivenFiles ofModels(Map<String, Path> models) {
    return new GivenFiles(models, Map.of(), Map.of());
  }

  Optional<Path> model(ModelSpec spec) {
    return Optional.ofNullable(models.get(spec.name()));
  }

  Optional<Path> projector(ModelSpec spec) {
    return Optional.ofNullable(projectors.get(spec.name()));
  }

  /** Empty also if the policy wants one that was not given. */
  Optional<Path> adapter(ModelSpec spec) {
    return spec.adapter().map(adapters::get);
  }
}
