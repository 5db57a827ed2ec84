package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The folder that holds model files by their hash. It is outside any box's state: boxes share it.
 */
public final class ModelCache {

  /** Names the folder, for those who keep models elsewhere. */
  public static final String DIRECTORY_VARIABLE = "FREEHOLD_MODELS";

  /** Names Freehold's whole cache, {@code ~/.cache/freehold} without it. */
  public static final String CACHE_VARIABLE = "FREEHOLD_CACHE";

  private final Path directory;

  public ModelCache(Path directory) {
    this.directory = Objects.requireNonNull(directory, "directory").toAbsolutePath().normalize();
  }

  /** The folder that FREEHOLD_MODELS names, else {@code models} in Freehold's cache. */
  public static ModelCache standard() {
    return named(DIRECTORY_VARIABLE)
        .or(() -> named(CACHE_VARIABLE).map(cache -> cache.resolve("models")))
        .map(ModelCache::new)
        .orElseGet(
            () ->
                new ModelCache(
                    Path.of(System.getProperty("user.home"), ".cache", "freehold", "models")));
  }

  private static Optional<Path> named(String variable) {
    return Optional.ofNullable(System.getenv(variable))
        .filter(value -> !value.isBlank())
        .map(Path::of);
  }

  public Path directory() {
    return directory;
  }

  /** Where the model's file is, or will be. */
  public Path file(CatalogueEntry entry) {
    return directory.resolve(entry.sha256() + ".gguf");
  }

  /**
   * The model's file if it is here and whole. Its content was hashed before it got its name, so
   * only its length is compared again.
   *
   * @throws IOException if the folder cannot be read
   */
  public Optional<Path> find(CatalogueEntry entry) throws IOException {
    Path file = file(entry);
    return Files.isRegularFile(file) && Files.size(file) == entry.sizeBytes()
        ? Optional.of(file)
        : Optional.empty();
  }

  /** Where the parts of a model wait until they are joined. */
  Path partsDirectory(CatalogueEntry entry) {
    return directory.resolve(entry.sha256() + ".parts");
  }

  Path lockFile(CatalogueEntry entry) {
    return directory.resolve(entry.sha256() + ".lock");
  }
}
