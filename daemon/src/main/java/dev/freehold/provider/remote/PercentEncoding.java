package dev.freehold.provider.remote;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Percent-encoding as RFC 3986 has it: all but the unreserved characters. */
public final class PercentEncoding {

  private PercentEncoding() {}

  /** For one segment of a path, or one value of a query. */
  public static String segment(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 8);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean unreserved =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || "-._~".indexOf(c) >= 0;
      if (unreserved) {
        encoded.append(c);
      } else {
        encoded.append('%').append("%02x".formatted((int) c).toUpperCase(Locale.ROOT));
      }
    }
    return encoded.toString();
  }
}
