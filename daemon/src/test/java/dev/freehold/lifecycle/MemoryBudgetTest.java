package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.lifecycle.MemoryBudget.Verdict;
import dev.freehold.llama.MemoryNeed;
import dev.freehold.provider.ModelFiles;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class MemoryBudgetTest {

  private static final long MIB = 1 << 20;

  private final MemoryBudget budget = new MemoryBudget(1000 * MIB);

  private static Claim claim(String model, String file, long weights, long context) {
    return new Claim(
        model,
        new ModelFiles.Identity(file, 1, 1),
        new MemoryNeed(weights * MIB, context * MIB - MIB, MIB));
  }

  private static List<Claim> letGo(Verdict verdict) {
    return assertInstanceOf(Verdict.Fits.class, verdict).letGo();
  }

  @Test
  void modelThatFitsToTheLastByteSendsNobodyAway() {
    Claim held = claim("a", "a", 300, 100);

    assertEquals(
        List.of(), letGo(budget.decide(claim("b", "b", 500, 100), List.of(held), List.of(held))));
    assertFalse(budget.fits(claim("b", "b", 500, 101), List.of(held)));
  }

  @Test
  void firstOfTheExpendableGoesFirst() {
    Claim old = claim("old", "old", 300, 100);
    Claim young = claim("young", "young", 300, 100);

    assertEquals(
        List.of(old),
        letGo(budget.decide(claim("b", "b", 500, 100), List.of(young, old), List.of(old, young))));
  }

  @Test
  void expendableModelThatWouldNotHelpStays() {
    Claim tiny = claim("tiny", "tiny", 10, 10);
    Claim large = claim("large", "large", 800, 100);

    assertEquals(
        List.of(large),
        letGo(
            budget.decide(claim("b", "b", 500, 100), List.of(tiny, large), List.of(tiny, large))));
  }

  @Test
  void weightsOfOneFileAreCountedOnce() {
    Claim first = claim("first", "same", 600, 100);
    Claim second = claim("second", "same", 600, 200);

    assertEquals(900 * MIB, Claim.totalBytes(List.of(first, second)));
    assertEquals(List.of(), letGo(budget.decide(second, List.of(first), List.of(first))));
  }

  @Test
  void refusalTellsTheFiguresAndWhatToDo() {
    Verdict verdict =
        budget.decide(
            claim("big", "big", 900, 300), List.of(claim("small", "small", 90, 30)), List.of());

    String figures = assertInstanceOf(Verdict.Refused.class, verdict).figures();
    for (String part :
        List.of(
            "model big needs 1.2 GiB",
            "weights 900 MiB",
            "cache 299 MiB",
            "computation 1 MiB",
            "the budget is 1000 MiB",
            "in use are 120 MiB (small 120 MiB)",
            "lower a model's context",
            "--memory")) {
      assertTrue(figures.contains(part), figures);
    }
  }

  @Test
  void standardBudgetLeavesRoomForJavaAndTheRest() {
    assertEquals(8_000 * MIB, MemoryBudget.standard(16_000 * MIB, 4_000 * MIB).bytes());
    assertEquals(500 * MIB, MemoryBudget.standard(2_000 * MIB, 1_500 * MIB).bytes());
    assertTrue(MemoryBudget.standard().bytes() > 0);
  }

  @Test
  void sizesAreReadInBinaryUnits() {
    MemorySizeConverter converter = new MemorySizeConverter();

    assertEquals(6L << 30, converter.convert("6G").bytes());
    assertEquals(512L << 20, converter.convert("512M").bytes());
    for (String wrong : List.of("", "6", "0G", "-1G", "6g", "1.5G", "6GB")) {
      assertThrows(TypeConversionException.class, () -> converter.convert(wrong), wrong);
    }
  }
}
