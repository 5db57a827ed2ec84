package dev.freehold.receipts;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.controller.authority.Authority;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** A tenant's real authority, which issues device certificates as a controller does. */
public final class TestTenant {

  public static final Instant START = Instant.parse("2026-11-10T10:00:00Z");

  private final Authority authority;

  private TestTenant(Authority authority) {
    this.authority = authority;
  }

  public static TestTenant open(Path folder) throws IOException {
    return new TestTenant(
        Authority.openOrCreate(folder, "freehold", Clock.fixed(START, ZoneOffset.UTC)));
  }

  public DeviceSigner device(String serial) {
    KeyPair keys = Keys.generateP256();
    GeneralNames names = new GeneralNames(new GeneralName(GeneralName.dNSName, serial + ".local"));
    return signer(keys, authority.issueDevice(serial, keys.getPublic(), names));
  }

  /** A LAN client's certificate, below the same root. */
  DeviceSigner client(String name) {
    KeyPair keys = Keys.generateP256();
    return signer(
        keys, authority.issueClient(name, List.of("boxes"), keys.getPublic(), Duration.ofDays(1)));
  }

  private DeviceSigner signer(KeyPair keys, List<X509Certificate> issued) {
    List<X509Certificate> chain = new ArrayList<>(issued);
    chain.add(authority.roots().classical());
    return new DeviceSigner(keys.getPrivate(), chain);
  }

  public SpkiPin pin() {
    return authority.pin();
  }

  public String rootsPem() {
    return authority.roots().toPem();
  }
}
