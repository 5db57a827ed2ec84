package dev.freehold.controller.enrolment;

import java.util.regex.Pattern;

/** The names of boxes: a serial is one label of a DNS name, as {@code <serial>.local} shows. */
public final class Serials {

  private static final Pattern SERIAL =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  private Serials() {}

  public static boolean isValid(String serial) {
    return SERIAL.matcher(serial).matches();
  }

  /**
   * Returns the serial.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static String require(String serial) {
    if (!isValid(serial)) {
      throw new IllegalArgumentException(
          "Expected a serial of 1 to 63 letters, digits and dashes, found another name.");
    }
    return serial;
  }
}
