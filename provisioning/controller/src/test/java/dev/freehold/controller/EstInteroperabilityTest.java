package dev.freehold.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.Pem;
import dev.freehold.controller.operator.OperatorClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.est.CSRRequestResponse;
import org.bouncycastle.est.ESTService;
import org.bouncycastle.est.EnrollmentResponse;
import org.bouncycastle.est.jcajce.JcaHttpAuthBuilder;
import org.bouncycastle.est.jcajce.JsseESTServiceBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An EST client that knows nothing of Freehold enrols: the protocol is the standard's. */
final class EstInteroperabilityTest {

  @TempDir Path state;

  @Test
  @Timeout(60)
  void foreignEstClientEnrols() throws Exception {
    try (Controller controller = ControllerFixture.start(state, Clock.systemUTC());
        OperatorClient operator = ControllerFixture.operator(controller);
        BoxAtTheWire box = new BoxAtTheWire(controller, "box-1")) {
      String token = operator.createToken("box-1", Duration.ofMinutes(10));
      ESTService est =
          new JsseESTServiceBuilder(
                  controller.url().getHost(),
                  controller.url().getPort(),
                  trusting(
                      Pem.certificates(
                              Files.readString(controller.operatorFolder().resolve("ca.pem")))
                          .getFirst()))
              .build();

      Collection<X509CertificateHolder> authorities =
          est.getCACerts().getCertificateStore().getMatches(null);
      CSRRequestResponse attributes = est.getCSRAttributes();
      EnrollmentResponse response =
          est.simpleEnroll(
              false,
              new PKCS10CertificationRequest(box.request("box-1")),
              new JcaHttpAuthBuilder("box-1", token.toCharArray()).build());

      assertEquals(5, authorities.size());
      assertTrue(attributes.hasAttributesResponse());
      assertTrue(response.isCompleted());
      assertEquals(2, response.getStore().getMatches(null).size());
    }
  }

  private static X509TrustManager trusting(X509Certificate root) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("root", root);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }
}
