package dev.freehold.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.models.TestModels;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The real small model, loaded once for all tests of a class. */
abstract class SmallModelTest {

  static final String STORY = "Once upon a time there was a";

  static Model model;

  @BeforeAll
  static void loadModel() {
    model = Model.load(TestModels.small(), ModelOptions.defaults());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  /** Greedy, with a bias that keeps the model from ending its turn. */
  static SamplerOptions neverEnding() {
    Map<Integer, Float> bias = new HashMap<>();
    for (int token = 0; token < model.vocabularySize(); token++) {
      if (model.isEndOfGeneration(token)) {
        bias.put(token, -1000f);
      }
    }
    return SamplerOptions.greedy().withLogitBias(bias);
  }

  static String text(Generation generation) throws Exception {
    StringBuilder text = new StringBuilder();
    for (int length = generation.read(); length >= 0; length = generation.read()) {
      text.append(new String(generation.bytes(), 0, length, UTF_8));
    }
    return text.toString();
  }

  static String answer(Engine engine, GenerationRequest request) throws Exception {
    try (Generation generation = engine.submit(request)) {
      return text(generation);
    }
  }
}
