package dev.freehold.bundle;

import java.util.Objects;

/**
 * A bundle whose signatures hold and which is for this box.
 *
 * @param contentSha256 lower-case hex, what {@link VersionFloor} remembers
 */
public record OpenedBundle(BundleContent content, String contentSha256) {

  public OpenedBundle {
    Objects.requireNonNull(content, "content");
    Objects.requireNonNull(contentSha256, "contentSha256");
  }

  /** The floor once this bundle is accepted. */
  public VersionFloor floor() {
    return new VersionFloor(content.epoch(), content.version(), contentSha256);
  }
}
