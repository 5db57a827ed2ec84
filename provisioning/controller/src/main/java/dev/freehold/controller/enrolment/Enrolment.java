package dev.freehold.controller.enrolment;

import dev.freehold.bundle.Pem;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.enrolment.EnrolmentRefused.Kind;
import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.ControllerStore;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** Turns a proven request into a box's certificate. */
public final class Enrolment {

  private final Authority authority;
  private final ControllerStore store;
  private final EnrolmentTokens tokens;
  private final BoxNames names;
  private final Clock clock;

  /**
   * An enrolment office for the authority's tenant.
   *
   * @param controllerNames lower-case host names that no box may take
   */
  public Enrolment(
      Authority authority,
      ControllerStore store,
      EnrolmentTokens tokens,
      Set<String> controllerNames,
      Clock clock) {
    this.authority = authority;
    this.store = store;
    this.tokens = tokens;
    this.names = new BoxNames(Set.copyOf(controllerNames), this::isBox);
    this.clock = clock;
  }

  /**
   * The first certificate, for a one-time token. The request is checked before the token is used
   * up: a mistake in it costs no token.
   */
  public List<X509Certificate> enrol(String serial, String token, byte[] request)
      throws EnrolmentRefused {
    OptionalLong found = tokens.find(serial, token);
    if (found.isEmpty()) {
      throw notAuthenticated();
    }
    Checked checked = check(serial, request);
    if (!tokens.redeem(found.getAsLong())) {
      throw notAuthenticated();
    }
    return issue(serial, checked, "box.enrolled");
  }

  /** A further certificate, for a box that proved itself with the one it has. */
  public List<X509Certificate> renew(String serial, byte[] request) throws EnrolmentRefused {
    if (store.box(serial).flatMap(box -> box.enrolled()).isEmpty()) {
      throw notAuthenticated();
    }
    return issue(serial, check(serial, request), "box.renewed");
  }

  private Checked check(String serial, byte[] request) throws EnrolmentRefused {
    CertificationRequest parsed = CertificationRequest.parse(request);
    if (!parsed.commonName().equals(serial)) {
      throw new EnrolmentRefused(
          Kind.INVALID_REQUEST,
          "Expected the request's common name to be the serial " + serial + ", found another.");
    }
    if (parsed.encryptionKey().isEmpty()) {
      throw new EnrolmentRefused(
          Kind.INVALID_REQUEST,
          "Expected the box's ML-KEM-768 key as an attribute of the request, found none.");
    }
    GeneralNames asked = parsed.names().orElseGet(() -> new GeneralNames(new GeneralName[0]));
    return new Checked(parsed.key(), parsed.encryptionKey().get(), names.check(serial, asked));
  }

  private List<X509Certificate> issue(String serial, Checked request, String action) {
    List<X509Certificate> chain = authority.issueDevice(serial, request.key(), request.names());
    store.boxEnrolled(
        serial,
        Base64.getEncoder().encodeToString(request.encryptionKey().getEncoded()),
        Pem.encode(chain.getFirst()),
        clock.instant());
    store.audit(new AuditEntry(clock.instant(), serial, action, serial));
    return chain;
  }

  private boolean isBox(String label) {
    return Serials.isValid(label) && store.boxNamed(label).isPresent();
  }

  /** A request of which nothing is left to refuse. */
  private record Checked(PublicKey key, PublicKey encryptionKey, GeneralNames names) {}

  private static EnrolmentRefused notAuthenticated() {
    return new EnrolmentRefused(
        Kind.NOT_AUTHENTICATED,
        "The serial and token do not belong together, or the token was used or has expired."
            + " Make a new one: freeholdctl token create --box SERIAL");
  }
}
