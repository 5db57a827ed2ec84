package dev.freehold.llama;

import java.nio.file.Path;
import java.util.Optional;

/** The real model that the tests run on. native/fetch-test-model.sh brought it. */
final class Models {

  private static final String SMOLLM2 =
      "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53.gguf";

  private static Model shared;

  private Models() {}

  static Path smollm2() {
    return Optional.ofNullable(System.getenv("FREEHOLD_MODELS"))
        .map(Path::of)
        .orElse(Path.of(System.getProperty("user.home"), ".cache", "freehold", "models"))
        .resolve(SMOLLM2);
  }

  /** One for all tests of a JVM, never closed: a test that closes a model loads its own. */
  static synchronized Model shared() {
    if (shared == null) {
      shared = load();
    }
    return shared;
  }

  static Model load() {
    return Model.load(smollm2(), ModelOptions.defaults());
  }

  /**
   * One compute thread: several wait for each other in a spin, which takes seconds a token when
   * other builds keep the machine busy.
   */
  static Context context(Model model, int contextTokens, int sequences) {
    return Context.create(
        model, new ContextOptions(contextTokens, 512, 512, sequences, 1, 1, FlashAttention.ON));
  }
}
