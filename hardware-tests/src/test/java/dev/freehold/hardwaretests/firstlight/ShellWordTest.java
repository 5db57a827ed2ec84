package dev.freehold.hardwaretests.firstlight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ShellWordTest {

  @Test
  void plainWordsStayAsTheyAre() {
    assertEquals("https://127.0.0.1:8443/v1", ShellWord.quote("https://127.0.0.1:8443/v1"));
  }

  @Test
  void spacesAndQuotesAreKeptFromTheShell() {
    assertEquals("'/a b/c'", ShellWord.quote("/a b/c"));
    assertEquals("'it'\\''s'", ShellWord.quote("it's"));
    assertEquals("''", ShellWord.quote(""));
  }
}
