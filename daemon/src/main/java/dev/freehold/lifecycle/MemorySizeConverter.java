package dev.freehold.lifecycle;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a size such as {@code 6G} or {@code 512M} (binary units). */
final class MemorySizeConverter implements ITypeConverter<MemoryBudget> {

  private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})([MG])");

  @Override
  public MemoryBudget convert(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw new TypeConversionException(
          "expected a size in whole units such as 6G or 512M, found '%s'".formatted(text));
    }
    int shift = matcher.group(2).equals("G") ? 30 : 20;
    return new MemoryBudget(Long.parseLong(matcher.group(1)) << shift);
  }
}
