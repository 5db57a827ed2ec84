package dev.freehold.abuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.abuse.Rule.Name;
import dev.freehold.bundle.uplink.AbuseReport;
import dev.freehold.inference.InferenceException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is shut out, for how long, and who is told. */
final class QuarantineTest extends WatchedTest {

  @Test
  void quarantineEndsByItselfAndLastsTwiceAsLongTheNextTime() {
    Duration expected = Quarantine.FIRST;
    for (int offence = 1; offence <= 12; offence++) {
      offend(ALICE);
      Instant until = quarantine.check(ALICE).orElseThrow().until();
      assertEquals(expected, Duration.between(now.get(), until), "offence " + offence);
      now.set(until.minusMillis(1));
      assertTrue(isOut(ALICE));
      now.set(until);
      assertFalse(isOut(ALICE));
      expected = expected.multipliedBy(2);
      expected = expected.compareTo(Quarantine.LONGEST) > 0 ? Quarantine.LONGEST : expected;
    }
    advance(Quarantine.FORGOTTEN_AFTER);
    offend(ALICE);
    assertEquals(1, quarantine.check(ALICE).orElseThrow().offences());
  }

  @Test
  void whoeverGoesOnWhileShutOutIsNotShutOutLonger() {
    offend(ALICE);
    Instant until = quarantine.check(ALICE).orElseThrow().until();
    advance(Duration.ofMinutes(1));
    offend(ALICE);
    assertEquals(until, quarantine.check(ALICE).orElseThrow().until());
    assertEquals(1, quarantine.unreported(10).size());
  }

  @Test
  void quarantineSurvivesARestart() {
    offend(ALICE);
    for (int i = 0; i <= AbuseRules.CERTIFICATES_REFUSED_MAX; i++) {
      watch.seen(new Event.CertificateRefused(DESK));
    }
    Quarantine again = Quarantine.open(folder.resolve("quarantine.json"), now::get);

    assertEquals(quarantine.check(ALICE), again.check(ALICE));
    assertTrue(again.check(DESK).isPresent());
    assertEquals(quarantine.unreported(10), again.unreported(10));
  }

  @Test
  void fileThatIsDamagedShutsNobodyOutAndIsReplaced() throws Exception {
    Path file = folder.resolve("quarantine.json");
    Files.writeString(file, "{\"entries\":[{\"client\":");
    quarantine = Quarantine.open(file, now::get);
    watch = new Watch(AbuseRules.defaults(), quarantine, now::get);
    assertEquals(List.of(), quarantine.list());
    offend(ALICE);
    assertTrue(Quarantine.open(file, now::get).check(ALICE).isPresent());
  }

  @Test
  void operatorLetsAClientInAndItsEndIsReported() {
    offend(ALICE);
    List<AbuseReport> told = quarantine.unreported(10);
    quarantine.reported(told);
    assertEquals(List.of(), quarantine.unreported(10));
    advance(Duration.ofMinutes(1));

    assertEquals(1, quarantine.release("alice"));
    assertEquals(0, quarantine.release("alice"));

    assertFalse(isOut(ALICE));
    AbuseReport end = quarantine.unreported(10).getFirst();
    assertEquals(told.getFirst().id(), end.id());
    assertEquals(now.get(), end.until());
    offend(ALICE);
    assertEquals(1, quarantine.check(ALICE).orElseThrow().offences());
  }

  @Test
  void reportThatChangedWhileItWasSentIsSentAgain() {
    offend(ALICE);
    List<AbuseReport> told = quarantine.unreported(10);
    quarantine.release("alice");
    quarantine.reported(told);
    assertEquals(1, quarantine.unreported(10).size());
  }

  @Test
  void clientIsToldHowLongAndNotWhatOthersDo() {
    offend(ALICE);
    InferenceException refusal = quarantine.check(ALICE).orElseThrow().refusal(now.get());
    assertEquals(InferenceException.Kind.OVERLOADED, refusal.kind());
    assertEquals(Quarantine.FIRST, refusal.retryAfter().orElseThrow());
    assertTrue(refusal.getMessage().contains("freehold quarantine release"), refusal.getMessage());
  }

  @Test
  void clockThatWasFarAheadDoesNotShutOutForYears() {
    now.set(Instant.parse("2038-01-19T00:00:00Z"));
    offend(ALICE);
    assertTrue(isOut(ALICE));
    now.set(START);
    assertFalse(isOut(ALICE));
    offend(ALICE);
    assertTrue(isOut(ALICE));
  }

  @Test
  void renewedCertificateIsNoWayOutAndAnotherAuthoritysClientIsAnother() {
    offend(ALICE);
    assertTrue(isOut(new Suspect.Client("alice", "CN=clients")));
    assertFalse(isOut(new Suspect.Client("alice", "CN=others")));
  }

  @Test
  void addressesOfOneIpv6NetworkAreOne() throws Exception {
    Suspect.Address one = Suspect.Address.of(InetAddress.getByName("2001:db8:1:2::1"));
    assertEquals(one, Suspect.Address.of(InetAddress.getByName("2001:db8:1:2:ffff::9")));
    assertFalse(one.equals(Suspect.Address.of(InetAddress.getByName("2001:db8:1:3::1"))));
    assertEquals("2001:0db8:0001:0002::/64", one.name());
    assertEquals(DESK, Suspect.Address.of(InetAddress.getByName("192.0.2.7")));
  }

  @Test
  void quarantineHoldsSoManyAndNoMore() {
    Rule rule = AbuseRules.defaults().rule(Name.CERTIFICATES_REFUSED);
    for (int i = 0; i < Quarantine.ENTRIES_MAX + 20; i++) {
      quarantine.add(new Suspect.Address("198.51.100." + i), rule, "21 in 10 min");
      advance(Duration.ofMillis(1));
    }
    assertEquals(Quarantine.ENTRIES_MAX, quarantine.list().size());
    assertEquals(Quarantine.REPORTS_MAX, quarantine.unreported(Integer.MAX_VALUE).size());
  }
}
