package dev.freehold.identity;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** The names by which LAN clients reach this box: what its certificate is to carry. */
final class BoxNames {

  private static final int ADDRESSES_MAX = 24;
  private static final Pattern HOST =
      Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

  private BoxNames() {}

  static GeneralNames of(String serial) {
    Set<String> hosts = new LinkedHashSet<>();
    hosts.add(serial.toLowerCase(Locale.ROOT) + ".local");
    hosts.add("localhost");
    try {
      String host = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
      // Another name under .local is announced by whoever owns it, which may be another box.
      if (HOST.matcher(host).matches() && !host.endsWith(".local")) {
        hosts.add(host);
      }
    } catch (UnknownHostException e) {
      // A machine without a name of its own is reached by the others.
    }
    List<GeneralName> names = new ArrayList<>();
    hosts.forEach(host -> names.add(new GeneralName(GeneralName.dNSName, host)));
    addresses().forEach(address -> names.add(name(address)));
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }

  private static Set<InetAddress> addresses() {
    Set<InetAddress> addresses = new LinkedHashSet<>();
    try {
      addresses.add(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
      byte[] loopback = new byte[16];
      loopback[15] = 1;
      addresses.add(InetAddress.getByAddress(loopback));
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLoopbackAddress() && !address.isMulticastAddress())
          // A link-local IPv6 address is only reached with a zone, which a certificate cannot have.
          .filter(address -> !address.isLinkLocalAddress())
          .limit(ADDRESSES_MAX)
          .forEach(addresses::add);
    } catch (SocketException | UnknownHostException e) {
      // Loopback still serves; the certificate is asked for again when addresses change.
    }
    return addresses;
  }

  private static GeneralName name(InetAddress address) {
    return new GeneralName(GeneralName.iPAddress, new DEROctetString(address.getAddress()));
  }
}
