package dev.freehold.hardwaretests.firstlight;

import java.util.regex.Pattern;

/** One word of a POSIX shell's command line. */
final class ShellWord {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private ShellWord() {}

  /** Returns the text itself if it is a plain word, else in single quotes. */
  static String quote(String text) {
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
