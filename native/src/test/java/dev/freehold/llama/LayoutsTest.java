package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LayoutsTest {

  @BeforeAll
  static void load() {
    Llama.load();
  }

  @Test
  void compiledLibraryAgreesWithEveryStructOfTheBinding() {
    assertEquals(List.of(), Layouts.differences(Layouts.ALL, LibraryCalls.layout()));
  }

  @Test
  void movedFieldsAreRefusedByName() {
    StructLayout swapped =
        MemoryLayout.structLayout(JAVA_FLOAT.withName("bias"), JAVA_INT.withName("token"))
            .withName("freehold_logit_bias");

    List<String> differences = Layouts.differences(List.of(swapped), LibraryCalls.layout());

    assertEquals(
        List.of(
            "freehold_logit_bias.bias: the binding has 4 bytes at offset 0, the library 4 bytes at"
                + " offset 4",
            "freehold_logit_bias.token: the binding has 4 bytes at offset 4, the library 4 bytes at"
                + " offset 0"),
        differences);
  }

  @Test
  void smallerStructAndWrongWidthAreRefusedByName() {
    StructLayout old =
        MemoryLayout.structLayout(
                ADDRESS.withName("n_tokens"),
                ADDRESS.withName("token"),
                ADDRESS.withName("all_pos"))
            .withName("llama_batch");

    String differences =
        String.join("\n", Layouts.differences(List.of(old), LibraryCalls.layout()));

    assertTrue(differences.contains("llama_batch: the binding has 24 bytes"), differences);
    assertTrue(differences.contains("llama_batch.n_tokens: the binding has 8 bytes"), differences);
    assertTrue(
        differences.contains("llama_batch.all_pos: the library does not have it"), differences);
    assertTrue(!differences.contains("llama_batch.token:"), differences);
  }

  @Test
  void startIsRefusedWithEveryDifferenceInTheMessage() {
    String report =
        LibraryCalls.layout()
            .replace("llama_batch.pos 24 8", "llama_batch.pos 32 8")
            .replace("freehold_sampler_params.top_k 8 4", "freehold_sampler_params.top_k 8 8");

    LlamaException refusal =
        assertThrows(
            LlamaException.class, () -> NativeLibrary.checkLayouts(report, Path.of("lib.so")));

    String message = refusal.getMessage();
    assertTrue(message.contains("llama_batch.pos"), message);
    assertTrue(message.contains("freehold_sampler_params.top_k"), message);
    assertTrue(message.contains("build native/ again"), message);
  }
}
