package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MemoryNeedTest {

  /** Two numbers a cell: 30 layers, 3 heads of 64, two bytes each. */
  private static final long SMOLLM2_BYTES_A_CELL = 2L * 30 * 3 * 64 * 2;

  private static MemoryNeed need(int contextTokens) {
    return MemoryNeed.of(
        Models.smollm2(),
        ModelOptions.defaults(),
        new ContextOptions(contextTokens, 512, 512, 8, 1, 1, FlashAttention.ON));
  }

  @Test
  void weightsAreAboutTheFileAndTheCacheFollowsTheContext() throws IOException {
    MemoryNeed need = need(4096);

    assertEquals(
        (double) Files.size(Models.smollm2()),
        (double) need.weightsBytes(),
        0.1 * Files.size(Models.smollm2()));
    assertEquals(4096 * SMOLLM2_BYTES_A_CELL, need.cacheBytes());
    assertTrue(need.computeBytes() > 0, need.toString());
    assertEquals(2 * need.cacheBytes(), need(8192).cacheBytes());
  }

  @Test
  void contextThatNoMachineHasIsMeasuredAndNotTaken() {
    long before = residentBytes();

    MemoryNeed need = need(4_194_304);

    assertEquals(4_194_304 * SMOLLM2_BYTES_A_CELL, need.cacheBytes());
    assertTrue(
        residentBytes() - before < need.cacheBytes() / 100,
        "measuring took %d MiB".formatted((residentBytes() - before) >> 20));
  }

  @Test
  void fileThatIsNoModelIsRefusedInWords() {
    LlamaException e =
        assertThrows(
            LlamaException.class,
            () ->
                MemoryNeed.of(
                    Path.of("pom.xml"),
                    ModelOptions.defaults(),
                    new ContextOptions(512, 512, 512, 1, 1, 1, FlashAttention.ON)));

    assertTrue(e.getMessage().contains("a GGUF file was expected"), e.getMessage());
  }

  private static long residentBytes() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
