package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class QuietTest {

  @Test
  void whatAClientWroteIsNeitherPrintedNorPutIntoAMessage() {
    ChildJvm.Result result = ChildJvm.run(QuietProbe.class, List.of(ChildJvm.NATIVE_ACCESS));

    assertEquals(0, result.exit(), () -> result.out() + result.err());
    assertEquals("", result.err());
    assertTrue(result.out().endsWith("done\n"), result::out);
    assertFalse(result.out().contains("canary"), result::out);
    assertFalse(result.out().contains("not refused"), result::out);
  }
}
