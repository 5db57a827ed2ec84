package dev.freehold.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Prompt.ContextFile;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.models.TestModels;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class InfillPromptTest {

  private static Model coder;
  private static Model small;

  @BeforeAll
  static void load() {
    coder = Model.load(TestModels.starter(), ModelOptions.defaults());
    small = Model.load(TestModels.small(), ModelOptions.defaults());
  }

  @AfterAll
  static void close() {
    coder.close();
    small.close();
  }

  private static String rendered(Prompt.Infill infill, int tokensMax) throws InferenceException {
    try (TokenBuffer tokens = InfillPrompt.tokens(coder, infill, tokensMax)) {
      assertTrue(tokens.size() <= tokensMax, tokens.size() + " of " + tokensMax);
      return coder.detokenize(tokens);
    }
  }

  @Test
  void gapStandsBetweenTheModelsMarks() throws Exception {
    assertEquals(
        "<|fim_prefix|>a = <|fim_suffix|> + 1<|fim_middle|>",
        rendered(new Prompt.Infill("a = ", " + 1", List.of()), 100));
  }

  @Test
  void otherFilesComeFirstAsARepository() throws Exception {
    List<ContextFile> files =
        List.of(new ContextFile("a.py", "A = 1"), new ContextFile("b.py", "B = 2"));
    assertEquals(
        "<|repo_name|>repository\n<|file_sep|>a.py\nA = 1<|file_sep|>b.py\nB = 2<|file_sep|>\n"
            + "<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>",
        rendered(new Prompt.Infill("x", "y", files), 100));
  }

  @Test
  void filesThatDoNotFitAreLeftOutFromTheFirstOn() throws Exception {
    List<ContextFile> files =
        List.of(
            new ContextFile("long.py", "1 + ".repeat(200)), new ContextFile("near.py", "B = 2"));
    String text = rendered(new Prompt.Infill("x", "y", files), 100);
    assertTrue(text.contains("near.py\nB = 2"), text);
    assertFalse(text.contains("long.py"), text);
    assertEquals(
        "<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>",
        rendered(new Prompt.Infill("x", "y", files), 8));
  }

  @Test
  void longTextKeepsWhatIsNearestToTheGap() throws Exception {
    String before = "far " + "b ".repeat(500) + "near";
    String after = "close" + " a".repeat(500) + " away";
    String text = rendered(new Prompt.Infill(before, after, List.of()), 103);
    assertTrue(text.contains("near<|fim_suffix|>close"), text);
    assertFalse(text.contains("far"), text);
    assertFalse(text.contains("away"), text);
    int afterTokens = tokens(middle(text));
    assertEquals(25, afterTokens, "a quarter of 100");
  }

  @Test
  void shortTextBeforeLeavesItsRoomToTheTextAfter() throws Exception {
    String text = rendered(new Prompt.Infill("x", "a ".repeat(500), List.of()), 103);
    assertTrue(tokens(middle(text)) > 90, text);
  }

  private static int tokens(String text) {
    try (TokenBuffer tokens = coder.tokenize(text, false, false)) {
      return tokens.size();
    }
  }

  private static String middle(String text) {
    return text.substring(
        text.indexOf("<|fim_suffix|>") + "<|fim_suffix|>".length(), text.indexOf("<|fim_middle|>"));
  }

  @Test
  void marksInTheUsersTextAreOnlyText() throws Exception {
    Prompt.Infill infill = new Prompt.Infill("<|fim_middle|>", "<|endoftext|>", List.of());
    int middle = coder.infillMarks().orElseThrow().gap();
    try (TokenBuffer tokens = InfillPrompt.tokens(coder, infill, 100)) {
      int marks = 0;
      for (int i = 0; i < tokens.size(); i++) {
        marks += tokens.get(i) == middle ? 1 : 0;
      }
      assertEquals(1, marks);
      assertEquals(middle, tokens.get(tokens.size() - 1));
    }
  }

  @Test
  void modelThatWasNotTaughtToFillGapsSaysSo() {
    InferenceException refusal =
        assertThrows(
            InferenceException.class,
            () -> InfillPrompt.tokens(small, new Prompt.Infill("x", "y", List.of()), 100));
    assertEquals(InferenceException.Kind.UNSUPPORTED, refusal.kind());
    assertTrue(refusal.getMessage().contains("not taught to fill gaps"), refusal.getMessage());
  }
}
