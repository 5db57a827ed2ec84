package dev.freehold.bundle;

import java.util.Objects;

/**
 * The newest bundle a box has ever accepted: nothing older is accepted again.
 *
 * @param contentSha256 of that bundle's content, or empty when there was none
 */
public record VersionFloor(long epoch, long version, String contentSha256) {

  /** The floor of a box that never had a bundle. */
  public static final VersionFloor NONE = new VersionFloor(0, 0, "");

  public VersionFloor {
    Objects.requireNonNull(contentSha256, "contentSha256");
  }

  void check(BundleContent content, String sha256) throws BundleException {
    boolean older =
        content.epoch() < epoch || (content.epoch() == epoch && content.version() < version);
    if (older) {
      throw new BundleException(
          BundleException.Reason.ROLLED_BACK,
          "expected version "
              + epoch
              + "."
              + version
              + " or later, found "
              + content.epoch()
              + "."
              + content.version()
              + "; publish again to supersede what the box has");
    }
    boolean same = content.epoch() == epoch && content.version() == version;
    if (same && !sha256.equals(contentSha256)) {
      throw new BundleException(
          BundleException.Reason.VERSION_REUSED,
          "version " + epoch + "." + version + " was accepted before with another content");
    }
  }
}
