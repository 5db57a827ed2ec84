package dev.freehold.lifecycle;

import dev.freehold.llama.MemoryNeed;
import dev.freehold.provider.ModelFiles;
import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * The memory that one model takes, or would take.
 *
 * @param model the policy's name for it
 * @param file models of the same file share its weights
 */
record Claim(String model, ModelFiles.Identity file, MemoryNeed need) {

  Claim {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(need, "need");
  }

  /** What several take together, each file's weights once. */
  static long totalBytes(Collection<Claim> claims) {
    Set<ModelFiles.Identity> files = new HashSet<>();
    long total = 0;
    for (Claim claim : claims) {
      total += claim.need.contextBytes();
      if (files.add(claim.file)) {
        total += claim.need.weightsBytes();
      }
    }
    return total;
  }
}
