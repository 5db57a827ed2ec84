package dev.freehold.bundle;

import java.util.Objects;

/**
 * A model that the box is to serve. The hash, signed with the bundle, is what makes a file
 * acceptable, wherever it comes from.
 *
 * @param model what the policy calls it
 * @param catalogue its name in the catalogue
 * @param sha256 of the whole GGUF file, lower-case hex
 */
public record ModelReference(String model, String catalogue, String sha256, long sizeBytes) {

  public ModelReference {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(catalogue, "catalogue");
    if (!sha256.matches("[0-9a-f]{64}") || sizeBytes <= 0) {
      throw new IllegalArgumentException(
          "Model " + model + " needs a SHA-256 in hex and a size, found others.");
    }
  }
}
