package dev.freehold.controller.authority;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.bundle.SigningKeys;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.uplink.ClientIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/** The authority of one tenant: opened from its files, or created at the first start. */
public final class Authority {

  public static final Duration DEVICE_VALIDITY = Duration.ofDays(30);
  public static final Duration CLIENT_VALIDITY_MAX = Duration.ofDays(30);

  private static final Duration ROOT_VALIDITY = Duration.ofDays(20 * 365);
  private static final Duration ISSUER_VALIDITY = Duration.ofDays(10 * 365);
  private static final Duration SIGNER_VALIDITY = Duration.ofDays(5 * 365);
  private static final Duration OPERATOR_VALIDITY = Duration.ofDays(365);
  private static final Duration SERVER_VALIDITY = Duration.ofDays(365);

  private static final KeyPurposeId BUNDLE_SIGNING =
      KeyPurposeId.getInstance(ObjectIdentifiers.BUNDLE_SIGNING);
  private static final KeyPurposeId CONTROLLER =
      KeyPurposeId.getInstance(ObjectIdentifiers.CONTROLLER);
  private static final KeyPurposeId OPERATOR = KeyPurposeId.getInstance(ObjectIdentifiers.OPERATOR);

  private final Map<String, Issuer> issuers;
  private final String tenant;
  private final Clock clock;

  private Authority(Map<String, Issuer> issuers, Clock clock) {
    this.issuers = issuers;
    this.clock = clock;
    this.tenant = organisation(issuers.get(AuthorityFiles.CLASSICAL_ROOT).certificate());
  }

  /**
   * Opens the authority in the folder, or creates it there.
   *
   * @param tenant what a new authority is for; one that exists keeps its own
   */
  public static Authority openOrCreate(Path folder, String tenant, Clock clock) throws IOException {
    if (!Files.isDirectory(folder)) {
      AuthorityFiles.write(folder, create(tenant, clock.instant()));
    }
    return new Authority(AuthorityFiles.read(folder), clock);
  }

  public String tenant() {
    return tenant;
  }

  public TrustRoots roots() {
    return new TrustRoots(
        issuers.get(AuthorityFiles.CLASSICAL_ROOT).certificate(),
        issuers.get(AuthorityFiles.POST_QUANTUM_ROOT).certificate());
  }

  /** What a box or an operator knows this controller by. */
  public SpkiPin pin() {
    return SpkiPin.of(roots().classical());
  }

  /** The authority of boxes' certificates. */
  public X509Certificate devices() {
    return issuers.get(AuthorityFiles.DEVICES).certificate();
  }

  /** The authority of LAN clients' certificates. */
  public X509Certificate clients() {
    return issuers.get(AuthorityFiles.CLIENTS).certificate();
  }

  /** The authority of this controller's own server and of its operators. */
  public X509Certificate service() {
    return issuers.get(AuthorityFiles.SERVICE).certificate();
  }

  public SigningKeys bundleSigners() {
    Issuer classical = issuers.get(AuthorityFiles.BUNDLE_CLASSICAL);
    Issuer postQuantum = issuers.get(AuthorityFiles.BUNDLE_POST_QUANTUM);
    return new SigningKeys(
        classical.key(), classical.certificate(), postQuantum.key(), postQuantum.certificate());
  }

  /** A box's certificate with its chain, the root left out. */
  public List<X509Certificate> issueDevice(String serial, PublicKey key, GeneralNames names) {
    CertificateProfile profile =
        CertificateProfile.endEntity(
            name(tenant, List.of("boxes"), serial),
            DEVICE_VALIDITY,
            List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth));
    return issue(AuthorityFiles.DEVICES, profile.named(names), key);
  }

  /** A LAN client's certificate with its chain; its groups stand in it. */
  public List<X509Certificate> issueClient(
      String name, Collection<String> groups, PublicKey key, Duration validity) {
    if (validity.compareTo(CLIENT_VALIDITY_MAX) > 0 || !validity.isPositive()) {
      throw new IllegalArgumentException(
          "Expected a validity of at most " + CLIENT_VALIDITY_MAX.toDays() + " days.");
    }
    return issue(
        AuthorityFiles.CLIENTS,
        CertificateProfile.endEntity(
            name(tenant, groups, name), validity, List.of(KeyPurposeId.id_kp_clientAuth)),
        key);
  }

  /** A new key and certificate for an operator. */
  public ClientIdentity newOperator(String name) {
    KeyPair keys = Keys.generateP256();
    CertificateProfile profile =
        CertificateProfile.endEntity(
            name(tenant, List.of("operators"), name),
            OPERATOR_VALIDITY,
            List.of(KeyPurposeId.id_kp_clientAuth, OPERATOR));
    return new ClientIdentity(
        keys.getPrivate(), issue(AuthorityFiles.SERVICE, profile, keys.getPublic()));
  }

  /**
   * A new key and certificate for this controller's server. The chain ends in the root: a box that
   * knows only the root's pin finds it there.
   */
  public ClientIdentity newServer(String host, GeneralNames names) {
    KeyPair keys = Keys.generateP256();
    CertificateProfile profile =
        CertificateProfile.endEntity(
                name(tenant, List.of("controllers"), host),
                SERVER_VALIDITY,
                List.of(KeyPurposeId.id_kp_serverAuth, CONTROLLER))
            .named(names);
    List<X509Certificate> chain = issue(AuthorityFiles.SERVICE, profile, keys.getPublic());
    return new ClientIdentity(
        keys.getPrivate(), List.of(chain.get(0), chain.get(1), roots().classical()));
  }

  private List<X509Certificate> issue(String issuer, CertificateProfile profile, PublicKey key) {
    Issuer authority = issuers.get(issuer);
    return List.of(authority.issue(profile, key, clock.instant()), authority.certificate());
  }

  private static Map<String, Issuer> create(String tenant, Instant now) {
    Map<String, Issuer> issuers = new LinkedHashMap<>();
    Issuer classical =
        Issuer.root(
            Keys.generateP256(),
            CertificateProfile.authority(authorityName(tenant, "root"), ROOT_VALIDITY, 1),
            now);
    Issuer postQuantum =
        Issuer.root(
            Keys.generateMlDsa65(),
            CertificateProfile.authority(
                authorityName(tenant, "post-quantum root"), ROOT_VALIDITY, 0),
            now);
    issuers.put(AuthorityFiles.CLASSICAL_ROOT, classical);
    issuers.put(AuthorityFiles.POST_QUANTUM_ROOT, postQuantum);
    for (String name :
        List.of(AuthorityFiles.DEVICES, AuthorityFiles.CLIENTS, AuthorityFiles.SERVICE)) {
      issuers.put(
          name,
          classical.authority(
              Keys.generateP256(),
              CertificateProfile.authority(authorityName(tenant, name), ISSUER_VALIDITY, 0),
              now));
    }
    CertificateProfile signer =
        CertificateProfile.endEntity(
            authorityName(tenant, "bundle signer"), SIGNER_VALIDITY, List.of(BUNDLE_SIGNING));
    issuers.put(
        AuthorityFiles.BUNDLE_CLASSICAL, classical.authority(Keys.generateP256(), signer, now));
    issuers.put(
        AuthorityFiles.BUNDLE_POST_QUANTUM,
        postQuantum.authority(Keys.generateMlDsa65(), signer, now));
    return issuers;
  }

  private static X500Name authorityName(String tenant, String name) {
    return name(tenant, List.of(), "Freehold " + name);
  }

  private static X500Name name(String tenant, Collection<String> units, String commonName) {
    X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
    builder.addRDN(BCStyle.O, tenant);
    for (String unit : units) {
      builder.addRDN(BCStyle.OU, unit);
    }
    return builder.addRDN(BCStyle.CN, commonName).build();
  }

  private static String organisation(X509Certificate certificate) {
    X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return IETFUtils.valueToString(subject.getRDNs(BCStyle.O)[0].getFirst().getValue());
  }
}
