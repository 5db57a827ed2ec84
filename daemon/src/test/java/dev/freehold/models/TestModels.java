package dev.freehold.models;

import dev.freehold.bundle.catalogue.Catalogue;
import java.nio.file.Path;

/** The catalogue's models for tests, fetched by the real fetcher when they are not in the cache. */
public final class TestModels {

  private TestModels() {}

  /** Quick and often wrong: where only the machinery is tested. */
  public static Path small() {
    return fetch("smollm2-135m");
  }

  /** Answers sensibly and knows tools. */
  public static Path starter() {
    return fetch("qwen2.5-coder-0.5b");
  }

  /** Makes embeddings of 384 numbers. */
  public static Path embedding() {
    return fetch("all-minilm-l6-v2");
  }

  private static Path fetch(String name) {
    ModelFetcher fetcher =
        new ModelFetcher(
            ModelCache.standard(), FetchSettings.standard(), FetchProgress.lines(System.out));
    try {
      return fetcher.fetch(Catalogue.load().entry(name).orElseThrow());
    } catch (ModelFetchException e) {
      throw new IllegalStateException(name + " is needed for this test", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while fetching " + name, e);
    }
  }
}
