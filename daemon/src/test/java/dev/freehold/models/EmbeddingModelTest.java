package dev.freehold.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.models.gguf.BertConversion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The catalogue's embedding model, as {@link BertConversion} makes it. */
final class EmbeddingModelTest {

  @Test
  void fileIsWhatTheCataloguePins() throws Exception {
    byte[] file = Files.readAllBytes(TestModels.embedding());

    assertTrue(Catalogue.load().bySha256(TinyPackages.sha256(file)).isPresent());
  }

  @Test
  void modelLoadsAsAnEncoderWithMeanPooling() {
    try (Model model = Model.load(TestModels.embedding(), ModelOptions.defaults())) {
      assertEquals(512, model.trainedContextLength());
      assertEquals(30_522, model.vocabularySize());
      assertEquals(Optional.of("1"), model.metadata("bert.pooling_type"));
      assertEquals(Optional.of("384"), model.metadata("bert.embedding_length"));
    }
  }

  /** The expected tokens are those of the model's own tokenizer, by the tokenizers library. */
  @Test
  void textBecomesTheTokensThatTheModelWasTrainedWith() {
    Path file = TestModels.embedding();
    try (Model model = Model.load(file, ModelOptions.defaults())) {
      assertTokens(model, "This is an example sentence", 101, 2023, 2003, 2019, 2742, 6251, 102);
      assertTokens(
          model,
          "Zürich's naïve café: 100 €",
          101,
          10204,
          1005,
          1055,
          15743,
          7668,
          1024,
          2531,
          1574,
          102);
      assertTokens(
          model,
          "北京 (中国) unaffable",
          101,
          1781,
          1755,
          1006,
          1746,
          1799,
          1007,
          14477,
          20961,
          3468,
          102);
      assertTokens(
          model,
          "Привет, мир!",
          101,
          1194,
          16856,
          10325,
          25529,
          15290,
          22919,
          1010,
          1191,
          10325,
          16856,
          999,
          102);
    }
  }

  private static void assertTokens(Model model, String text, int... expected) {
    try (TokenBuffer tokens = model.tokenize(text, true, false)) {
      assertArrayEquals(expected, IntStream.range(0, tokens.size()).map(tokens::get).toArray());
    }
  }
}
