package dev.freehold.detection;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.inference.InferenceRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Measures what is found and what is found wrongly, and prints both as the README shows them. */
class DetectionQualityTest {

  private static final long SEED = 20_261_124L;
  private static final int EACH = 500;

  /** Of each form, in hundredths. */
  private static final double RECALL_LEAST = 98;

  private static final double FALSE_ALARMS_MOST = 0.01;

  private final PersonalDataDetector detector = new PersonalDataDetector();

  @Test
  void personalDataIsFoundInSentencesOfSevenLanguages() {
    System.out.printf("Personal data, %d texts of each form, seed %d%n", EACH, SEED);
    System.out.println("| kind | form | found |");
    System.out.println("|---|---|---|");
    Map<String, int[]> rows = new LinkedHashMap<>();
    Map<String, String> missed = new LinkedHashMap<>();
    for (PersonalDataSamples.Sample sample : PersonalDataSamples.of(SEED, EACH)) {
      String row = sample.kind().text() + " | " + sample.form();
      int[] counts = rows.computeIfAbsent(row, _ -> new int[2]);
      counts[0]++;
      if (found(sample.text()).contains(sample.kind())) {
        counts[1]++;
      } else {
        missed.putIfAbsent(row, sample.text());
      }
    }
    List<String> low = new ArrayList<>();
    rows.forEach(
        (row, counts) -> {
          double percent = 100.0 * counts[1] / counts[0];
          System.out.printf("| %s | %.1f %% |%n", row, percent);
          if (percent < RECALL_LEAST) {
            low.add(row + ", such as: " + missed.get(row));
          }
        });
    System.out.println("Missed, one of each:");
    missed.forEach((row, text) -> System.out.println(row + ": " + text.strip()));
    assertTrue(low.isEmpty(), () -> "Found too seldom:\n" + String.join("\n", low));
  }

  @Test
  void textsWithoutPersonalDataRarelyRaiseAnAlarm() {
    System.out.printf("False alarms, %d texts of each form, seed %d%n", EACH, SEED);
    System.out.println("| text | false alarms | of them |");
    System.out.println("|---|---|---|");
    Map<String, List<String>> alarms = new LinkedHashMap<>();
    for (CleanSamples.Clean clean : CleanSamples.of(SEED, EACH)) {
      List<String> row = alarms.computeIfAbsent(clean.form(), _ -> new ArrayList<>());
      Set<PersonalData> kinds = found(clean.text());
      if (!kinds.isEmpty()) {
        row.add(kinds + " in: " + clean.text());
      }
    }
    List<String> high = new ArrayList<>();
    alarms.forEach(
        (form, row) -> {
          System.out.printf("| %s | %.1f %% | %s |%n", form, 100.0 * row.size() / EACH, kinds(row));
          if (row.size() > FALSE_ALARMS_MOST * EACH) {
            high.add(form + ", such as: " + row.getFirst());
          }
        });
    assertTrue(high.isEmpty(), () -> "Too many false alarms:\n" + String.join("\n", high));
  }

  @Test
  void sourceCodeOfTheDaemonRarelyRaisesAnAlarm() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(Path.of("src/main/java"))) {
      files =
          walk.filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.toString().contains("detection"))
              .toList();
    }
    List<String> alarms = new ArrayList<>();
    for (Path file : files) {
      Set<PersonalData> kinds = found(Files.readString(file));
      if (!kinds.isEmpty()) {
        alarms.add(kinds + " in " + file);
      }
    }
    System.out.printf(
        "| %d source files of the daemon | %.1f %% | %s |%n",
        files.size(), 100.0 * alarms.size() / files.size(), kinds(alarms));
    assertTrue(alarms.size() <= FALSE_ALARMS_MOST * files.size(), () -> String.join("\n", alarms));
  }

  /** For the reader of the README: no bar, for a test's machine may be busy. */
  @Test
  void scanOfAnOfficesPromptIsTimed() {
    StringBuilder prompt = new StringBuilder();
    for (CleanSamples.Clean clean : CleanSamples.of(SEED, 4)) {
      prompt.append(clean.text(), 0, 80).append('\n');
    }
    InferenceRequest request = Requests.saying(prompt.substring(0, 2_048));
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 200; round++) {
      long start = System.nanoTime();
      for (int k = 0; k < 100; k++) {
        assertTrue(detector.scan(request).kinds().isEmpty());
      }
      least = Math.min(least, (System.nanoTime() - start) / 100);
    }
    System.out.printf("2,048 characters: %.1f microseconds%n", least / 1e3);
  }

  private static List<String> kinds(List<String> alarms) {
    return alarms.stream()
        .map(alarm -> alarm.substring(0, alarm.indexOf(" in")))
        .distinct()
        .toList();
  }

  private Set<PersonalData> found(String text) {
    return detector.scan(Requests.saying(text)).kinds();
  }
}
