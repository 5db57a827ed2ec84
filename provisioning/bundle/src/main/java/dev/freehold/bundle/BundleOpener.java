package dev.freehold.bundle;

import dev.freehold.bundle.BundleException.Reason;
import java.security.KeyPair;
import java.util.HexFormat;

/**
 * Opens bundles, trusting nothing about them: every byte may be an attacker's. The order is fixed:
 * size, canonical form, algorithms, decryption, both signatures with their chains, and only then
 * the content, first what it is for and last whether its time is now.
 */
public final class BundleOpener {

  private BundleOpener() {}

  /**
   * Opens a bundle that just arrived.
   *
   * @param box the box's ML-KEM-768 keys
   * @throws BundleException with the reason it is refused for
   */
  public static OpenedBundle open(
      byte[] sealed, KeyPair box, TrustRoots roots, Expectation expectation)
      throws BundleException {
    return open(sealed, box, roots, expectation, false);
  }

  /**
   * Opens a bundle that the box accepted before and kept. It may have expired since: the caller
   * asks {@link BundleContent#isExpired} and then serves locally only.
   */
  public static OpenedBundle openKept(
      byte[] sealed, KeyPair box, TrustRoots roots, Expectation expectation)
      throws BundleException {
    return open(sealed, box, roots, expectation, true);
  }

  private static OpenedBundle open(
      byte[] sealed, KeyPair box, TrustRoots roots, Expectation expectation, boolean kept)
      throws BundleException {
    if (sealed.length > EnvelopeFormat.SEALED_BYTES_MAX) {
      throw new BundleException(
          Reason.OVERSIZED,
          "expected at most " + EnvelopeFormat.SEALED_BYTES_MAX + " bytes, found " + sealed.length);
    }
    try {
      byte[] signedData = EnvelopeReader.decrypt(sealed, box);
      byte[] bytes = SignatureCheck.verify(signedData, roots, expectation.time(), kept);
      BundleContent content = ContentFormat.read(bytes);
      String sha256 = HexFormat.of().formatHex(SpkiPin.sha256(bytes));
      check(content, sha256, expectation, kept);
      return new OpenedBundle(content, sha256);
    } catch (RuntimeException e) {
      // Bouncy Castle answers some malformed input this way; nothing of it was used.
      throw new BundleException(Reason.MALFORMED, "cannot be read as a bundle", e);
    }
  }

  private static void check(
      BundleContent content, String sha256, Expectation expectation, boolean kept)
      throws BundleException {
    if (!content.tenant().equals(expectation.tenant())) {
      throw new BundleException(
          Reason.WRONG_TENANT, "expected tenant " + expectation.tenant() + ", found another");
    }
    if (!content.box().equals(expectation.box())) {
      throw new BundleException(
          Reason.WRONG_BOX, "expected box " + expectation.box() + ", found another");
    }
    expectation.floor().check(content, sha256);
    if (compareVersions(expectation.daemonVersion(), content.minimumDaemon()) < 0) {
      throw new BundleException(
          Reason.DAEMON_TOO_OLD,
          "expected a daemon of version "
              + content.minimumDaemon()
              + " or later, found "
              + expectation.daemonVersion()
              + "; update the daemon");
    }
    if (expectation.time().isBefore(content.notBefore())) {
      throw new BundleException(
          Reason.NOT_YET_VALID,
          "valid from "
              + content.notBefore()
              + ", and the box's time is "
              + expectation.time()
              + "; check its clock");
    }
    if (!kept && content.isExpired(expectation.time())) {
      throw new BundleException(
          Reason.EXPIRED,
          "valid until "
              + content.notAfter()
              + ", and the box's time is "
              + expectation.time()
              + "; publish again, or check its clock");
    }
  }

  /** Compares {@code major.minor.patch}; anything from a dash on does not count. */
  static int compareVersions(String left, String right) throws BundleException {
    long[] a = parts(left);
    long[] b = parts(right);
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        return Long.compare(a[i], b[i]);
      }
    }
    return 0;
  }

  private static long[] parts(String version) throws BundleException {
    String[] numbers = version.split("-", 2)[0].split("\\.", -1);
    long[] parts = new long[3];
    if (numbers.length > parts.length) {
      throw new BundleException(Reason.CONTENT_INVALID, "expected a version such as 0.1.0");
    }
    for (int i = 0; i < numbers.length; i++) {
      if (!numbers[i].matches("[0-9]{1,9}")) {
        throw new BundleException(Reason.CONTENT_INVALID, "expected a version such as 0.1.0");
      }
      parts[i] = Long.parseLong(numbers[i]);
    }
    return parts;
  }
}
