package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The recipes of {@code daemon/README.md}, as a user pastes them, with the starter model. What a
 * recipe prints must be sensible: it is greedy, so it stays as it is until the model or the engine
 * changes.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecipesSuite {

  private static final Path README =
      Path.of(System.getProperty("freehold.root", ".."), "daemon/README.md");

  private final Site site;
  private final Recipes recipes;

  RecipesSuite(Site site) throws IOException {
    this.site = site;
    this.recipes = Recipes.of(README);
  }

  @Test
  void everyRecipeIsTried() {
    assertEquals(
        Set.of("Summarise", "Classify", "Draft", "Autocomplete", "Internal assistant"),
        recipes.names());
  }

  @Test
  void summaryIsShorterThanItsTextAndNamesTheDecision() {
    String summary = cook("Summarise");

    assertTrue(summary.length() < 200, summary);
    assertTrue(summary.contains("printer"), summary);
    assertTrue(summary.contains("1,200"), summary);
  }

  @Test
  void clearMailsAreClassifiedRight() {
    List<String> classes =
        cook("Classify")
            .replaceAll("\\s", "")
            .replace("}{", "}\n{")
            .lines()
            .map(answer -> Schemas.fields(answer).get("class").toString())
            .toList();

    assertEquals(List.of("invoice", "application", "complaint"), classes);
  }

  @Test
  void draftMentionsTheGivenFacts() {
    String draft = cook("Draft");

    for (String fact : List.of("Keller", "12 office chairs", "Tuesday", "14")) {
      assertTrue(draft.contains(fact), () -> "no '" + fact + "' in: " + draft);
    }
  }

  @Test
  void gapInTheCodeIsFilled() {
    List<String> code = cook("Autocomplete").lines().toList();

    assertTrue(code.get(2).matches("    price = .*net.*rate.*"), code::toString);
    assertEquals("    return round(price, 2)", code.get(3), code::toString);
  }

  @Test
  void assistantCitesTheNotes() {
    List<String> answers = cook("Internal assistant").lines().toList();

    assertTrue(answers.getFirst().contains("Frei"), answers::toString);
    assertTrue(answers.getLast().contains("20th"), answers::toString);
    assertTrue(answers.getLast().contains("Marco Brunner"), answers::toString);
  }

  private String cook(String recipe) {
    return PythonSdk.installed()
        .run(recipes.program(recipe), OfficeSite.environment(site, OfficeSite.alice(site)));
  }
}
