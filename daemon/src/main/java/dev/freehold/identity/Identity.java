package dev.freehold.identity;

import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.uplink.ClientIdentity;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * An enrolled box. Secret: prints its serial and tenant only.
 *
 * @param key of the certificate, P-256
 * @param chain the box's certificate and its authority's, the root left out
 * @param encryptionKeys ML-KEM-768, what bundles are encrypted to
 * @param roots what the signers of bundles must come from; the classical one also verifies the
 *     controller, and is what LAN clients verify the box by
 * @param controller its base URL
 */
public record Identity(
    String serial,
    String tenant,
    PrivateKey key,
    List<X509Certificate> chain,
    KeyPair encryptionKeys,
    TrustRoots roots,
    URI controller) {

  public Identity {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
    Objects.requireNonNull(encryptionKeys, "encryptionKeys");
    Objects.requireNonNull(roots, "roots");
    Objects.requireNonNull(controller, "controller");
  }

  /**
   * Opens the identity of an enrolled box.
   *
   * @param folder {@code identity} in the daemon's state folder
   * @throws IdentityException if the box is not enrolled, or a file is missing or damaged
   */
  public static Identity open(Path folder) throws IdentityException {
    return IdentityFiles.read(folder);
  }

  /** Whether the folder has an identity; opening it may still fail. */
  public static boolean exists(Path folder) {
    return IdentityFiles.exists(folder);
  }

  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** What the controller is known by. */
  public SpkiPin pin() {
    return SpkiPin.of(roots.classical());
  }

  /** What the box presents to the controller. */
  public ClientIdentity uplink() {
    return new ClientIdentity(key, chain);
  }

  @Override
  public String toString() {
    return "Identity[serial=" + serial + ", tenant=" + tenant + "]";
  }
}
