package dev.freehold.bundle.catalogue;

import java.util.Objects;

/** One package archive, pinned by the SHA-256 of the archive itself. */
public record PinnedWheel(String name, String version, String sha256) {

  public PinnedWheel {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    CatalogueEntry.requireSha256(sha256);
  }
}
