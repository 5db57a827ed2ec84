package dev.freehold.receipts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a log, in order: {@code 0000000000000001-2026-11-24.jsonl}, first line and day. */
final class Segments {

  private static final Pattern NAME =
      Pattern.compile("([0-9]{16})-[0-9]{4}-[0-9]{2}-[0-9]{2}\\.jsonl");

  private Segments() {}

  static String name(long firstSequence, LocalDate day) {
    return String.format(Locale.ROOT, "%016d-%s.jsonl", firstSequence, day);
  }

  static boolean isDay(Path segment, LocalDate day) {
    return segment.getFileName().toString().endsWith("-" + day + ".jsonl");
  }

  static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> NAME.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /** The files from the one that has this line on. */
  static List<Path> from(List<Path> segments, long sequence) {
    int first = 0;
    for (int i = 0; i < segments.size(); i++) {
      if (firstSequence(segments.get(i)) <= sequence) {
        first = i;
      }
    }
    return segments.subList(first, segments.size());
  }

  static long firstSequence(Path segment) {
    return Long.parseLong(segment.getFileName().toString().substring(0, 16));
  }
}
