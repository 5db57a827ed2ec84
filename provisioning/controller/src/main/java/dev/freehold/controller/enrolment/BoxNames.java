package dev.freehold.controller.enrolment;

import dev.freehold.controller.enrolment.EnrolmentRefused.Kind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/**
 * Which alternative names a box may have in its certificate: its own name on the LAN, its host's
 * name and its addresses. Never another box's, never the controller's, never a pattern.
 */
final class BoxNames {

  private static final int NAMES_MAX = 32;
  private static final String LOCAL = ".local";
  private static final Pattern DNS_NAME =
      Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");
  private static final int DNS_NAME_CHARACTERS_MAX = 253;

  private final Set<String> controllerNames;
  private final Predicate<String> isOtherBox;

  /**
   * @param controllerNames lower-case host names of the controller
   * @param isOtherBox whether a serial is one of a box; asked for names other than the own
   */
  BoxNames(Set<String> controllerNames, Predicate<String> isOtherBox) {
    this.controllerNames = controllerNames;
    this.isOtherBox = isOtherBox;
  }

  /** The names as asked for as far as the box may have them, its own name always. */
  GeneralNames check(String serial, GeneralNames asked) throws EnrolmentRefused {
    String own = serial.toLowerCase(Locale.ROOT) + LOCAL;
    List<GeneralName> names = new ArrayList<>();
    names.add(new GeneralName(GeneralName.dNSName, own));
    if (asked.getNames().length > NAMES_MAX) {
      throw refused("expected at most " + NAMES_MAX + " names");
    }
    for (GeneralName name : asked.getNames()) {
      switch (name.getTagNo()) {
        case GeneralName.dNSName -> {
          String dns = name.getName().toString().toLowerCase(Locale.ROOT);
          if (!dns.equals(own) && isAllowed(serial, dns)) {
            names.add(new GeneralName(GeneralName.dNSName, dns));
          }
        }
        case GeneralName.iPAddress -> {
          checkAddress(ASN1OctetString.getInstance(name.getName()).getOctets());
          names.add(name);
        }
        default -> throw refused("expected names of hosts and addresses only");
      }
    }
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }

  /**
   * Whether the box may have the name. One that belongs to another is left out rather than refused:
   * a box and a controller on one machine share the machine's name, and that is no mistake.
   */
  private boolean isAllowed(String serial, String name) throws EnrolmentRefused {
    if (name.length() > DNS_NAME_CHARACTERS_MAX || !DNS_NAME.matcher(name).matches()) {
      throw refused("expected plain host names, without patterns");
    }
    if (name.equals("localhost")) {
      return true;
    }
    String label = name.endsWith(LOCAL) ? name.substring(0, name.length() - LOCAL.length()) : name;
    return label.equalsIgnoreCase(serial)
        || (!controllerNames.contains(name) && !isOtherBox.test(label));
  }

  private static void checkAddress(byte[] bytes) throws EnrolmentRefused {
    try {
      InetAddress address = InetAddress.getByAddress(bytes);
      if (!address.isMulticastAddress() && !address.isAnyLocalAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      // Said below: a network with its mask, for one, is not an address.
    }
    throw refused("expected addresses of one host each");
  }

  private static EnrolmentRefused refused(String message) {
    return new EnrolmentRefused(
        Kind.INVALID_REQUEST, "The names in the certification request were refused: " + message);
  }
}
