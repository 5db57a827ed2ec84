package dev.freehold.engine;

import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.models.ModelCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** The catalogue's small model, which the build of {@code native} fetches before its own tests. */
public final class SmallModel {

  private SmallModel() {}

  public static Path path() {
    CatalogueEntry entry = Catalogue.load().entry("smollm2-135m").orElseThrow();
    ModelCache cache = ModelCache.standard();
    try {
      return cache
          .find(entry)
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "%s is not in %s: run the tests of native once, they fetch it"
                          .formatted(entry.name(), cache.directory())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
