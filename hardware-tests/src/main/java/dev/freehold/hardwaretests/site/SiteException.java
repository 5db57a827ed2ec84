package dev.freehold.hardwaretests.site;

/** A part of the site did not do what it should; the message holds what it said. */
public final class SiteException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public SiteException(String message) {
    super(message);
  }

  public SiteException(String message, Throwable cause) {
    super(message, cause);
  }
}
