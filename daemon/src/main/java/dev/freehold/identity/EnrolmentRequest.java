package dev.freehold.identity;

import dev.freehold.bundle.SpkiPin;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a box needs to enrol. The token is secret: it prints without.
 *
 * @param controller the base URL, https
 * @param pin what the controller printed when it started
 * @param token as {@code freeholdctl token create} printed it
 */
public record EnrolmentRequest(URI controller, SpkiPin pin, String serial, String token) {

  private static final Pattern SERIAL =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  public EnrolmentRequest {
    Objects.requireNonNull(pin, "pin");
    if (controller.getHost() == null
        || !"https".equals(String.valueOf(controller.getScheme()).toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "Expected the controller as https://HOST:PORT, found another kind of address.");
    }
    if (!SERIAL.matcher(serial).matches()) {
      throw new IllegalArgumentException(
          "Expected a serial of 1 to 63 letters, digits and dashes, found another name.");
    }
    if (token.isBlank()) {
      throw new IllegalArgumentException("Expected a token, found none.");
    }
    token = token.strip();
  }

  @Override
  public String toString() {
    return "EnrolmentRequest[controller=" + controller + ", serial=" + serial + "]";
  }
}
