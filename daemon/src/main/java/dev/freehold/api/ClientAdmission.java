package dev.freehold.api;

import dev.freehold.abuse.Event;
import dev.freehold.abuse.Suspect;
import dev.freehold.abuse.Watch;
import dev.freehold.inference.InferenceException;
import dev.freehold.routing.Caller;
import io.helidon.webserver.http.ServerRequest;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Tells who a request comes from, and whether its certificate is good still.
 *
 * <p>TLS checks a certificate when a connection begins, but a connection may live for days: the
 * certificate's dates are checked at every request, its chain again whenever the box's authorities
 * have changed. A connection has a thread of its own, which keeps what was found for it.
 */
final class ClientAdmission {

  private static final ThreadLocal<Known> LAST = new ThreadLocal<>();

  private final LanTls tls;
  private final Watch watch;
  private final InstantSource clock;

  /**
   * Admits the clients of a listener.
   *
   * @param watch told of each request, and of certificates that do not hold
   */
  ClientAdmission(LanTls tls, Watch watch, InstantSource clock) {
    this.tls = tls;
    this.watch = watch;
    this.clock = clock;
  }

  /**
   * Somebody whose certificate holds.
   *
   * @param client the same as one who may be shut out; absent of another box, which stands for all
   *     the clients that it serves, and watches each of them itself
   */
  record Admitted(Caller caller, Optional<Suspect.Client> client) {}

  /** Who asks; empty if the certificate is not valid any more. */
  Optional<Admitted> admit(ServerRequest request) {
    Optional<Known> known = known(request);
    if (known.isEmpty()) {
      watch.seen(new Event.CertificateRefused(address(request)));
      return Optional.empty();
    }
    known
        .get()
        .admitted()
        .client()
        .ifPresent(client -> watch.seen(new Event.Arrived(client, known.get().address())));
    return Optional.of(known.get().admitted());
  }

  /** Why a client is not served now although its certificate holds, if so. */
  Optional<InferenceException> refusal(Admitted admitted) {
    return admitted.client().flatMap(watch::refusal);
  }

  private Optional<Known> known(ServerRequest request) {
    Certificate[] chain = request.remotePeer().tlsCertificates().orElse(new Certificate[0]);
    if (chain.length == 0 || !(chain[0] instanceof X509Certificate certificate)) {
      return Optional.empty();
    }
    try {
      certificate.checkValidity(Date.from(clock.instant()));
    } catch (CertificateException e) {
      return Optional.empty();
    }
    long epoch = tls.epoch();
    Known last = LAST.get();
    if (last == null || last.epoch() != epoch || !last.certificate().equals(certificate)) {
      if (!isTrusted(chain)) {
        return Optional.empty();
      }
      last =
          new Known(
              certificate, epoch, admitted(certificate, tls.isBox(certificate)), address(request));
      LAST.set(last);
    }
    return Optional.of(last);
  }

  private static Admitted admitted(X509Certificate certificate, boolean isBox) {
    Caller caller = caller(certificate, isBox);
    return new Admitted(
        caller,
        isBox
            ? Optional.empty()
            : Optional.of(
                new Suspect.Client(caller.name(), certificate.getIssuerX500Principal().getName())));
  }

  private static Suspect.Address address(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress inet
            && inet.getAddress() != null
        ? Suspect.Address.of(inet.getAddress())
        : new Suspect.Address("unknown");
  }

  private boolean isTrusted(Certificate[] chain) {
    List<X509Certificate> certificates = new ArrayList<>(chain.length);
    for (Certificate certificate : chain) {
      if (!(certificate instanceof X509Certificate x509)) {
        return false;
      }
      certificates.add(x509);
    }
    return tls.isTrusted(certificates.toArray(X509Certificate[]::new));
  }

  /** Only a box is of the group of boxes, and it is of no other, whatever a certificate says. */
  private static Caller caller(X509Certificate certificate, boolean isBox) {
    Caller named = caller(certificate);
    List<String> groups =
        isBox
            ? List.of(Caller.BOXES)
            : named.groups().stream().filter(group -> !group.equals(Caller.BOXES)).toList();
    return new Caller(named.name(), groups);
  }

  static Caller caller(X509Certificate certificate) {
    String name = "";
    List<String> groups = new ArrayList<>();
    try {
      LdapName subject = new LdapName(certificate.getSubjectX500Principal().getName());
      for (Rdn rdn : subject.getRdns()) {
        NamingEnumeration<? extends Attribute> attributes = rdn.toAttributes().getAll();
        while (attributes.hasMore()) {
          Attribute attribute = attributes.next();
          if (attribute.get() instanceof String value) {
            if (attribute.getID().equalsIgnoreCase("CN")) {
              name = value;
            } else if (attribute.getID().equalsIgnoreCase("OU")) {
              groups.add(value);
            }
          }
        }
      }
    } catch (InvalidNameException e) {
      throw new IllegalStateException("a certificate's subject is always a name", e);
    } catch (NamingException e) {
      throw new IllegalStateException("a name in memory can always be read", e);
    }
    return new Caller(name, groups);
  }

  /** What was found for a connection's certificate, as long as the authorities are the same. */
  private record Known(
      X509Certificate certificate, long epoch, Admitted admitted, Suspect.Address address) {}
}
