package dev.freehold.bundle.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The kinds of personal data that the box looks for in a request. */
public enum PersonalData {
  EMAIL("email"),
  PHONE("phone"),
  IBAN("iban"),
  CARD("card"),
  NATIONAL_ID("nationalId"),
  IP_ADDRESS("ipAddress"),
  CREDENTIAL("credential"),
  /** Nothing reads images: one may show anything. */
  IMAGES("images");

  private final String text;

  PersonalData(String text) {
    this.text = text;
  }

  /** The one of that name, as a policy writes it. */
  public static Optional<PersonalData> find(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
  }

  /** Every name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(PersonalData::text).toList();
  }

  /** The name as a policy writes it. */
  public String text() {
    return text;
  }
}
