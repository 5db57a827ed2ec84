package dev.freehold.bundle.catalogue;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One model of the catalogue.
 *
 * @param name what a policy calls it
 * @param title the model's own name, for people
 * @param sha256 lower-case hex of the whole GGUF file
 * @param sizeBytes of the whole GGUF file
 * @param licence an SPDX identifier
 * @param trainedContext tokens the model was trained to attend to
 * @param sources in order of preference
 */
public record CatalogueEntry(
    String name,
    String title,
    String sha256,
    long sizeBytes,
    String licence,
    int trainedContext,
    List<Source> sources) {

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public CatalogueEntry {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(title, "title");
    requireSha256(sha256);
    Objects.requireNonNull(licence, "licence");
    sources = List.copyOf(sources);
    if (sizeBytes <= 0 || trainedContext <= 0) {
      throw new IllegalArgumentException("Model " + name + ": sizes must be positive.");
    }
  }

  static String requireSha256(String sha256) {
    if (!SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "Expected a SHA-256 as 64 lower-case hex digits, found \"" + sha256 + "\".");
    }
    return sha256;
  }
}
