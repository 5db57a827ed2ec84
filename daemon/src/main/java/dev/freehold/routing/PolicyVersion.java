package dev.freehold.routing;

import java.util.Objects;

/**
 * Which policy decided.
 *
 * @param version of the bundle that brought it; 0 before the first
 * @param sha256 of the policy's text, in hex
 */
public record PolicyVersion(long version, String sha256) {

  public static final PolicyVersion NONE = new PolicyVersion(0, "none");

  public PolicyVersion {
    Objects.requireNonNull(sha256, "sha256");
  }
}
