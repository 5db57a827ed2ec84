package dev.freehold.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternBoundsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^(a{0,9}){0,9}$",
        "^([a-y]?){0,40}$",
        "^([a-y]?){40}$",
        "^(a*){2}$",
        "^x(a?){0,9}{0,9}$",
        "^(b(ca{1,99})?){1,99}$"
      })
  void countedGroupThatCanBeLongerOrShorterIsFound(String pattern) {
    assertTrue(PatternBounds.repeatsARepetition(pattern));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^[0-9]{4}-[0-9]{2}$",
        "^([0-9a-f]{2}:){5}[0-9a-f]{2}$",
        "^([a-z]+-?)*[a-z]+$",
        "^(?:ab){3}$",
        "^\\(a?\\){3}$",
        "^[(a?)]{3}$"
      })
  void ordinaryPatternIsNot(String pattern) {
    assertFalse(PatternBounds.repeatsARepetition(pattern));
  }

  @Test
  void onlyWhatVariesIsCounted() {
    assertEquals(0, PatternBounds.quantifiers("^[0-9]{4}-(?:a)[?*+]\\?$"));
    assertEquals(4, PatternBounds.quantifiers("^a?b*c+d{1,2}e{3}$"));
  }
}
