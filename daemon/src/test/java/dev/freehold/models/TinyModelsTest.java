package dev.freehold.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.Batch;
import dev.freehold.llama.Context;
import dev.freehold.llama.ContextOptions;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.FlashAttention;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.llama.TokenBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TinyModelsTest {

  private static final long BYTES_MAX = 5_000_000;

  @TempDir private Path folder;

  @Test
  void chatModelLoadsAndAnswersTheSameEveryTime() {
    try (Model model = Model.load(TinyModels.in(folder).chat(), ModelOptions.defaults())) {
      assertTrue(model.hasChatTemplate());
      assertEquals(2048, model.vocabularySize());
      List<Integer> first = answer(model, "<|im_start|>user\nHello there<|im_end|>\n");

      assertEquals(first, answer(model, "<|im_start|>user\nHello there<|im_end|>\n"));
      assertNotEquals(first, answer(model, "<|im_start|>user\nGood night<|im_end|>\n"));
    }
  }

  @Test
  void anotherSeedGivesAnotherModelBesideTheFirst() {
    TinyModels models = TinyModels.in(folder);
    try (Model one = Model.load(models.chat(), ModelOptions.defaults());
        Model other = Model.load(models.seeded(7).chat(), ModelOptions.defaults())) {
      assertNotEquals(answer(one, "Hello"), answer(other, "Hello"));
    }
  }

  @Test
  void chatModelReadsAnyText() {
    try (Model model = Model.load(TinyModels.in(folder).chat(), ModelOptions.defaults());
        TokenBuffer tokens = model.tokenize("<|im_end|> Hello, world! 42\n", false, true)) {
      assertEquals("<|im_end|> Hello, world! 42\n", model.detokenize(tokens));
      assertEquals(2, tokens.get(0));
    }
  }

  @Test
  void encodersLoadAndKnowEveryCharacterOfAscii() {
    TinyModels models = TinyModels.in(folder);
    for (Path file : List.of(models.embedding(), models.reranker())) {
      try (Model model = Model.load(file, ModelOptions.defaults());
          TokenBuffer tokens = model.tokenize("Ab {1}~", true, false)) {
        assertEquals("bert", model.metadata("general.architecture").orElseThrow());
        assertEquals(2, tokens.get(0));
        assertEquals(3, tokens.get(tokens.size() - 1));
        assertEquals("[CLS] ab { 1 } ~[SEP]", model.detokenize(tokens).strip());
      }
    }
  }

  @Test
  void poolingTellsEmbeddingFromReranker() {
    TinyModels models = TinyModels.in(folder);
    assertEquals(Optional.of("1"), pooling(models.embedding()));
    assertEquals(Optional.of("4"), pooling(models.reranker()));
  }

  @Test
  void filesAreSmallAndTheSameEveryTime(@TempDir Path other) throws IOException {
    List<Path> files = all(TinyModels.in(folder));
    List<Path> again = all(TinyModels.in(other));
    for (int i = 0; i < files.size(); i++) {
      assertTrue(Files.size(files.get(i)) < BYTES_MAX, files.get(i).toString());
      assertArrayEquals(Files.readAllBytes(files.get(i)), Files.readAllBytes(again.get(i)));
    }
  }

  private static List<Path> all(TinyModels models) {
    return List.of(
        models.chat(),
        models.embedding(),
        models.reranker(),
        models.chatAdapter(),
        models.smallAdapter(),
        models.projector());
  }

  private static Optional<String> pooling(Path file) {
    try (Model model = Model.load(file, ModelOptions.defaults())) {
      return model.metadata("bert.pooling_type");
    }
  }

  /** Eight tokens, each the likeliest. */
  private static List<Integer> answer(Model model, String prompt) {
    ContextOptions options = new ContextOptions(256, 64, 64, 1, 1, 1, FlashAttention.ON);
    try (Context context = Context.create(model, options);
        Batch batch = Batch.allocate(64, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
        TokenBuffer tokens = model.tokenize(prompt, false, true)) {
      int position = 0;
      for (; position < tokens.size(); position++) {
        batch.add(tokens.get(position), position, 0, position == tokens.size() - 1);
      }
      List<Integer> answer = new ArrayList<>();
      while (answer.size() < 8) {
        assertEquals(DecodeResult.OK, context.decode(batch));
        int token = sampler.sample(context, batch.size() - 1);
        answer.add(token);
        batch.clear();
        batch.add(token, position++, 0, true);
      }
      return answer;
    }
  }
}
