package dev.freehold.controller.publishing;

/** A policy that is valid but cannot be published as it was given. */
public final class PublicationRefused extends Exception {

  private static final long serialVersionUID = 1L;

  public PublicationRefused(String message) {
    super(message);
  }
}
