package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class GuardPageTest {

  private static final List<String> JVM = List.of(ChildJvm.NATIVE_ACCESS);

  @Test
  void noByteBeyondTheEndIsReadOrWritten() {
    ChildJvm.Result result = ChildJvm.run(GuardPageProbe.class, JVM);

    assertEquals(0, result.exit(), () -> result.out() + result.err());
    assertEquals("guarded\n", result.out());
  }

  @Test
  void theGuardPageDoesEndAProcessThatReadsIt() {
    ChildJvm.Result result = ChildJvm.run(GuardPageProbe.class, JVM, "overrun");

    assertNotEquals(0, result.exit());
    assertFalse(result.out().contains("read beyond"), result::out);
  }
}
