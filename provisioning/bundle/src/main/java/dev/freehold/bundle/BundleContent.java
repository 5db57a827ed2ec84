package dev.freehold.bundle;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a bundle says. Its credentials are secret: it prints without them.
 *
 * @param tenant whose controller made it
 * @param box the serial of the one box it is for
 * @param epoch counts up only when versions start again after a recovery
 * @param version counts up with every change
 * @param schema the form of this content
 * @param minimumDaemon the oldest daemon that may apply it, as {@code major.minor.patch}
 * @param policyYaml the site's policy file, word for word
 * @param credentials secrets by the name that the policy uses
 * @param clientAuthorityPem the trust anchors of LAN clients' certificates
 */
public record BundleContent(
    String tenant,
    String box,
    long epoch,
    long version,
    int schema,
    String minimumDaemon,
    Instant notBefore,
    Instant notAfter,
    String policyYaml,
    Map<String, String> credentials,
    List<ModelReference> models,
    List<String> clientAuthorityPem) {

  /** The schema that this version writes, and the only one it reads. */
  public static final int SCHEMA = 1;

  public static final int NAME_CHARACTERS_MAX = 128;
  public static final int POLICY_CHARACTERS_MAX = 262_144;
  public static final int CREDENTIALS_MAX = 256;
  public static final int CREDENTIAL_CHARACTERS_MAX = 16_384;
  public static final int MODELS_MAX = 1_000;
  public static final int AUTHORITIES_MAX = 16;
  public static final int AUTHORITY_CHARACTERS_MAX = 65_536;

  public BundleContent {
    checkLength("tenant", tenant, NAME_CHARACTERS_MAX);
    checkLength("box", box, NAME_CHARACTERS_MAX);
    checkLength("minimumDaemon", minimumDaemon, NAME_CHARACTERS_MAX);
    checkLength("policyYaml", policyYaml, POLICY_CHARACTERS_MAX);
    Objects.requireNonNull(credentials, "credentials");
    checkCount("credentials", credentials.size(), CREDENTIALS_MAX);
    checkCount("models", models.size(), MODELS_MAX);
    checkCount("clientAuthorityPem", clientAuthorityPem.size(), AUTHORITIES_MAX);
    credentials.forEach(
        (name, value) -> {
          checkLength("a credential's name", name, NAME_CHARACTERS_MAX);
          checkLength("a credential", value, CREDENTIAL_CHARACTERS_MAX);
        });
    clientAuthorityPem.forEach(
        pem -> checkLength("a client authority", pem, AUTHORITY_CHARACTERS_MAX));
    if (epoch < 1 || version < 1) {
      throw new IllegalArgumentException("Epoch and version count from 1.");
    }
    notBefore = notBefore.truncatedTo(ChronoUnit.SECONDS);
    notAfter = notAfter.truncatedTo(ChronoUnit.SECONDS);
    if (!notBefore.isBefore(notAfter)) {
      throw new IllegalArgumentException("A bundle expires after it begins to be valid.");
    }
    // Sorted, so that the same content always has the same bytes.
    credentials = Collections.unmodifiableMap(new TreeMap<>(credentials));
    models = List.copyOf(models);
    clientAuthorityPem = List.copyOf(clientAuthorityPem);
  }

  /** From then on the box may only serve locally, until it has a newer bundle. */
  public boolean isExpired(Instant now) {
    return now.isAfter(notAfter);
  }

  @Override
  public String toString() {
    return "BundleContent[tenant="
        + tenant
        + ", box="
        + box
        + ", epoch="
        + epoch
        + ", version="
        + version
        + ", credentials="
        + credentials.size()
        + ", models="
        + models.size()
        + "]";
  }

  private static void checkLength(String what, String text, int max) {
    Objects.requireNonNull(text, what);
    if (text.isEmpty() || text.length() > max) {
      throw new IllegalArgumentException(
          "Expected " + what + " of 1 to " + max + " characters, found " + text.length() + ".");
    }
  }

  private static void checkCount(String what, int count, int max) {
    if (count > max) {
      throw new IllegalArgumentException(
          "Expected at most " + max + " " + what + ", found " + count + ".");
    }
  }
}
