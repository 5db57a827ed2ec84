package dev.freehold;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.freehold.locality.Locality;
import dev.freehold.locality.Permit;
import dev.freehold.provider.Provider;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.Transport;
import dev.freehold.routing.RoutingTable;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Proves over the compiled classes that what a request says can leave the box in one way only: by a
 * transport, for a permit, which routing's decision alone makes.
 */
class LocalityRulesTest {

  /** What opens a connection: the clients on the class path and what the JDK has. */
  private static final String[] CLIENTS = {
    "io.helidon.webclient..", "java.net.http..", "io.netty..", "reactor.netty..", "okhttp3.."
  };

  /** Packages that have an outbound client of their own, and never see a request. */
  private static final String[] UPLINK = {
    "dev.freehold.identity..",
    "dev.freehold.sync..",
    "dev.freehold.models..",
    "dev.freehold.bundle.."
  };

  private static JavaClasses daemon;

  @BeforeAll
  static void read() {
    daemon =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("dev.freehold");
  }

  @Test
  void permitsAreMadeByLocalityAlone() {
    assertEquals(Set.of(Locality.class.getName()), callers(Permit.class, "<init>"));
    JavaClass permit = daemon.get(Permit.class);
    assertTrue(permit.getModifiers().contains(JavaModifier.FINAL));
    permit
        .getConstructors()
        .forEach(made -> assertTrue(made.getModifiers().stream().noneMatch(this::isOpen)));
  }

  @Test
  void localityIsAskedByTheRoutingDecisionAlone() {
    assertEquals(Set.of(RoutingTable.class.getName()), callers(Locality.class, "permit"));
  }

  @Test
  void providersAreAskedByTheChainOfAttemptsAlone() {
    assertEquals(Set.of("dev.freehold.routing.Chain"), callers(Provider.class, "infer"));
  }

  @Test
  void everyTransportAsksForThePermit() {
    classes()
        .that()
        .implement(Transport.class)
        .should()
        .callMethod(Permit.class, "requireFor", dev.freehold.bundle.policy.ProviderSpec.class)
        .check(daemon);
  }

  @Test
  void clientsAreUsedByTheTransportAndByWhatNeverSeesARequest() {
    noClasses()
        .that()
        .resideOutsideOfPackages(UPLINK)
        .and()
        .resideOutsideOfPackages("dev.freehold.controller..")
        .and()
        .doNotBelongToAnyOf(HttpTransport.class)
        // The transport's idle connections.
        .and()
        .haveNameNotMatching("dev\\.freehold\\.provider\\.remote\\.HostConnections.*")
        // It talks to the daemon itself, over its Unix socket.
        .and()
        .haveNameNotMatching("dev\\.freehold\\.api\\.ControlClient.*")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(CLIENTS)
        .check(daemon);
    noClasses()
        .that()
        .resideInAnyPackage(UPLINK)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.freehold.inference..",
            "dev.freehold.provider..",
            "dev.freehold.routing..",
            "dev.freehold.api..")
        .check(daemon);
  }

  @Test
  void nobodyOpensASocketToAnotherMachine() {
    Set<String> found = new TreeSet<>();
    for (JavaClass ours : daemon) {
      for (JavaAccess<?> access : ours.getAccessesFromSelf()) {
        String owner = access.getTargetOwner().getName();
        String member = access.getTarget().getName();
        boolean connects =
            (owner.equals("java.net.Socket")
                    && (member.equals("<init>") || member.equals("connect")))
                || owner.equals("java.net.URLConnection")
                || owner.equals("java.net.HttpURLConnection")
                || (owner.equals("java.net.URL") && member.startsWith("open"))
                || owner.equals("java.net.DatagramSocket")
                || (owner.startsWith("java.nio.channels.") && member.equals("connect"))
                || (owner.equals("javax.net.SocketFactory") && member.equals("createSocket"))
                || (owner.equals("javax.net.ssl.SSLSocketFactory")
                    && member.equals("createSocket")
                    && !wrapsAnAcceptedSocket(access));
        if (connects && !ours.getPackageName().startsWith("dev.freehold.controller")) {
          found.add(ours.getName() + " " + owner + "." + member);
        }
      }
    }
    assertEquals(Set.of(), found);
  }

  /** A server's way to put TLS on what it accepted. */
  private static boolean wrapsAnAcceptedSocket(JavaAccess<?> access) {
    return access instanceof JavaMethodCall call
        && call.getTarget().getRawParameterTypes().stream()
            .anyMatch(type -> type.getName().equals("java.io.InputStream"));
  }

  private boolean isOpen(JavaModifier modifier) {
    return modifier == JavaModifier.PUBLIC || modifier == JavaModifier.PROTECTED;
  }

  /** The classes of ours that call a method, lambdas and inner classes told by their outermost. */
  private static Set<String> callers(Class<?> owner, String method) {
    Set<String> callers = new TreeSet<>();
    for (JavaClass ours : daemon) {
      for (JavaAccess<?> access : ours.getAccessesFromSelf()) {
        if (access instanceof JavaCodeUnitAccess<?>
            && access.getTarget().getName().equals(method)
            && access.getTargetOwner().isAssignableTo(owner)) {
          callers.add(ours.getName().split("[$]", 2)[0]);
        }
      }
    }
    return callers;
  }
}
