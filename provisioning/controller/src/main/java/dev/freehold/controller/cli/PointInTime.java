package dev.freehold.controller.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time, a day, or an age such as {@code 24h} or {@code 7d}. */
final class PointInTime implements ITypeConverter<Instant> {

  @Override
  public Instant convert(String text) {
    try {
      if (text.matches("[0-9]{1,6}[mhd]")) {
        String upper = text.toUpperCase(Locale.ROOT);
        return Instant.now()
            .minus(Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper));
      }
      return text.length() == "2026-01-31".length()
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "expected a time such as 2026-01-31T08:00:00Z, a day such as 2026-01-31 or an age such as"
              + " 24h or 7d, found '"
              + text
              + "'");
    }
  }
}
