package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamagedImageTest {

  private static final long SEED = 20260102;

  @Test
  void noDamageEndsTheProcessAndABombIsRefused(@TempDir Path directory) {
    ChildJvm.Result result =
        ChildJvm.run(
            DamagedImageProbe.class,
            List.of(ChildJvm.NATIVE_ACCESS),
            directory.toString(),
            Long.toString(SEED));
    assertEquals(0, result.exit(), () -> "seed " + SEED + "\n" + result.out() + result.err());
    assertTrue(result.out().contains("bomb false"), result::out);
    assertTrue(result.out().contains("survived"), result::out);
    assertEquals("", result.err());
  }
}
