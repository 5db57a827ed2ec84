package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedModelTest {

  private static final long SEED = 20260101;

  private final Map<String, String> outcomes = new HashMap<>();
  private ChildJvm.Result result;

  @BeforeAll
  void loadThemAllInAnotherJvm(@TempDir Path directory) {
    result =
        ChildJvm.run(
            DamagedModelProbe.class,
            List.of(ChildJvm.NATIVE_ACCESS),
            directory.toString(),
            Long.toString(SEED));
    for (String line : result.out().lines().toList()) {
      int tab = line.indexOf('\t');
      outcomes.put(line.substring(0, tab), line.substring(tab + 1));
    }
  }

  @Test
  void noDamageEndsTheProcess() {
    assertEquals(0, result.exit(), () -> "seed " + SEED + "\n" + result.out() + result.err());
    assertTrue(outcomes.containsKey("survived"), result::out);
  }

  @Test
  void nothingIsWrittenToStandardError() {
    assertEquals("", result.err());
  }

  @Test
  void missingFileIsSaidToBeMissing() {
    refused("missing", "there is no such file");
  }

  @Test
  void directoryIsSaidToBeNoFile() {
    refused("directory", "not a regular file");
  }

  @Test
  void emptyFileIsSaidToBeEmpty() {
    refused("empty", "this file is empty");
  }

  @Test
  void foreignFileIsSaidToBeNoGguf() {
    refused("foreign", "a GGUF file was expected");
    refused("foreign", "504b0304");
    refused("cut to 3", "a GGUF file was expected");
  }

  @Test
  void truncatedFileIsSaidToBeTruncatedWhereverItWasCut() {
    List<String> cuts =
        outcomes.keySet().stream().filter(name -> name.startsWith("cut to ")).toList();
    assertEquals(12, cuts.size());
    for (String cut : cuts) {
      if (!cut.equals("cut to 3")) {
        refused(cut, "truncated or corrupt, fetch it again");
      }
    }
    refused("header only", "truncated or corrupt");
  }

  @Test
  void absurdCountsAreRefused() {
    refused("too many tensors", "truncated or corrupt");
    refused("too many keys", "truncated or corrupt");
  }

  @Test
  void damagedFileIsRefusedOrLoadsAndTheMendedFileLoads() {
    assertEquals("loaded 49152", outcomes.get("restored"));
    long refused =
        outcomes.entrySet().stream()
            .filter(e -> e.getKey().startsWith("flipped"))
            .filter(e -> e.getValue().contains("cannot be loaded"))
            .count();
    assertTrue(refused > 0, "the damage was never noticed");
  }

  private void refused(String name, String reason) {
    String outcome = outcomes.get(name);
    assertTrue(outcome != null && outcome.contains(reason), () -> name + ": " + outcome);
  }
}
