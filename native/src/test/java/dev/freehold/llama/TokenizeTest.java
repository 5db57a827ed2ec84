package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenizeTest {

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "Hello, world!",
          "Zürich: 3½ °C — «Grüezi»",
          "日本語と한국어 и русский",
          "🙂👩‍👩‍👧‍👦🇨🇭",
          "e\u0301 \u00e9 \ufeff\u200b",
          "line\r\n\ttab\u0000zero",
          "x".repeat(5000));

  private final Model model = Models.shared();

  @Test
  void textComesBackFromItsTokens() {
    for (String text : TEXTS) {
      try (TokenBuffer tokens = model.tokenize(text, false, false)) {
        assertEquals(text, model.detokenize(tokens));
      }
    }
  }

  @Test
  void piecesJoinedAreTheTextEvenWhereATokenEndsInsideACharacter() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(512);
      for (String text : TEXTS) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        try (TokenBuffer tokens = model.tokenize(text, false, false)) {
          for (int i = 0; i < tokens.size(); i++) {
            int bytes = model.piece(tokens.get(i), piece, false);
            joined.writeBytes(piece.asSlice(0, bytes).toArray(JAVA_BYTE));
          }
        }
        assertEquals(text, joined.toString(StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void controlTokensAreTextUnlessTheyAreParsed() {
    String end = "<|im_end|>";
    try (TokenBuffer asText = model.tokenize(end, false, false);
        TokenBuffer asToken = model.tokenize(end, false, true)) {
      assertTrue(asText.size() > 1);
      assertEquals(1, asToken.size());
      assertTrue(model.isEndOfGeneration(asToken.get(0)));
    }
  }

  @Test
  void controlTokenHasATextOnlyWhenAsked() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(64);
      assertEquals(0, model.piece(model.eosToken(), into, false));
      assertEquals("<|im_end|>".length(), model.piece(model.eosToken(), into, true));
    }
  }

  @Test
  void pieceThatDoesNotFitAndTokenThatDoesNotExistAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment small = arena.allocate(2);
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> model.piece(model.eosToken(), small, true));
      assertEquals("token 2 needs 10 bytes, the buffer has 2", refusal.getMessage());
      assertThrows(IllegalArgumentException.class, () -> model.piece(-1, small, true));
      assertThrows(
          IllegalArgumentException.class, () -> model.piece(model.vocabularySize(), small, true));
      try (TokenBuffer foreign = TokenBuffer.of(1, 1_000_000)) {
        assertThrows(LlamaException.class, () -> model.detokenize(foreign));
      }
    }
  }

  @Test
  void heapMemoryAndWrongLengthsAreRefusedBeforeAnyCall() {
    MemorySegment heap = MemorySegment.ofArray(new byte[4]);
    assertThrows(IllegalArgumentException.class, () -> model.tokenize(heap, 4, false, false));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment four = arena.allocate(4);
      assertThrows(IndexOutOfBoundsException.class, () -> model.tokenize(four, 5, false, false));
    }
  }

  @Test
  void modelSaysWhatItIs() {
    assertEquals(49152, model.vocabularySize());
    assertEquals(8192, model.trainedContextLength());
    assertEquals("llama", model.metadata("general.architecture").orElseThrow());
    assertTrue(model.metadata("no.such.key").isEmpty());
    assertTrue(model.hasChatTemplate());
    assertTrue(model.description().contains("llama"), model.description());
    assertTrue(model.sizeBytes() > 90_000_000 && model.parameterCount() > 130_000_000);
  }

  @Test
  void buffersAndPartsOfThemAreJoined() {
    try (TokenBuffer one = TokenBuffer.of(1, 2, 3);
        TokenBuffer none = TokenBuffer.of();
        TokenBuffer joined =
            TokenBuffer.joined(
                List.of(
                    TokenBuffer.Slice.of(one),
                    TokenBuffer.Slice.of(none),
                    new TokenBuffer.Slice(one, 1, 1)))) {
      assertEquals(4, joined.size());
      assertEquals(List.of(1, 2, 3, 2), IntStream.range(0, 4).mapToObj(joined::get).toList());
      assertThrows(IndexOutOfBoundsException.class, () -> new TokenBuffer.Slice(one, 2, 2));
    }
  }

  @Test
  void aModelThatWasNotTaughtToFillGapsHasNoMarks() {
    assertTrue(model.infillMarks().isEmpty());
  }
}
