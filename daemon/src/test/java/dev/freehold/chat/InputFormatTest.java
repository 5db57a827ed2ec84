package dev.freehold.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.engine.EngineException;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.TokenPack;
import dev.freehold.models.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputFormatTest {

  @TempDir private Path folder;

  @Test
  void queryThatHoldsTheMarkOfTheDocumentStaysAsItIs() {
    assertEquals(
        "Q: a {document} D: b {query}!",
        InputFormat.filled("Q: {query} D: {document}!", "a {document}", "b {query}"));
  }

  @Test
  void pairIsPutAsTheVocabularySeparatesTexts() throws Exception {
    try (Model model = Model.load(TinyModels.in(folder).reranker(), ModelOptions.defaults());
        TokenPack pack =
            InputFormat.of(model, 64).render(new Prompt.Ranking("a", List.of("b", "c")))) {
      assertEquals(2, pack.sequences());
      List<Integer> first = tokens(pack, 0);
      assertEquals(model.bosToken(), first.getFirst());
      assertTrue(first.contains(model.sepToken()), first.toString());
      assertEquals(
          first.subList(0, first.size() - 2), tokens(pack, 1).subList(0, first.size() - 2));
      assertTrue(!first.equals(tokens(pack, 1)), first.toString());
    }
  }

  @Test
  void renderingEndsAtTheFirstInputThatIsTooLong() throws Exception {
    try (Model model = Model.load(TinyModels.in(folder).reranker(), ModelOptions.defaults())) {
      InputFormat format = InputFormat.of(model, 8);
      EngineException refusal =
          assertThrows(
              EngineException.class,
              () -> format.render(new Prompt.Ranking("a", List.of("b", "c ".repeat(20)))).close());
      assertEquals(EngineException.Kind.TOO_LONG, refusal.kind());
      assertTrue(
          refusal.getMessage().contains("at most 8 tokens, but input 1 has"), refusal.getMessage());
    }
  }

  private static List<Integer> tokens(TokenPack pack, int sequence) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < pack.length(sequence); i++) {
      tokens.add(pack.get(sequence, i));
    }
    return tokens;
  }
}
