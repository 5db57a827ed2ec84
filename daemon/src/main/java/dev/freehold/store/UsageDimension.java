package dev.freehold.store;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What usage can be summed by. */
public enum UsageDimension {
  GROUP("group", "client_groups"),
  CLIENT("client", "client"),
  PROVIDER("provider", "provider"),
  MODEL("model", "model"),
  LABEL("label", "label"),
  ROUTE("route", "route"),
  /** The local day on which requests arrived. */
  DAY("day", UsageDimension.QUARTER_HOUR),
  /** The local hour, with its offset: the hour that a change of clocks repeats is two. */
  HOUR("hour", UsageDimension.QUARTER_HOUR);

  /** Every time zone's offset is a multiple of it, so that it lies within one local hour. */
  static final long QUARTER_HOUR_MILLIS = 900_000;

  private static final String QUARTER_HOUR = "FLOOR(time_millis / 900000)";

  private final String text;
  private final String expression;

  UsageDimension(String text, String expression) {
    this.text = text;
    this.expression = expression;
  }

  /** The word used on the command line and in answers. */
  public String text() {
    return text;
  }

  /** In SQL. */
  String expression() {
    return expression;
  }

  public static Optional<UsageDimension> find(String text) {
    return Arrays.stream(values()).filter(dimension -> dimension.text.equals(text)).findFirst();
  }

  public static List<String> texts() {
    return Arrays.stream(values()).map(UsageDimension::text).toList();
  }
}
