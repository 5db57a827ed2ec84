package dev.freehold.abuse;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/** Who may be shut out. */
public sealed interface Suspect {

  /** How an operator names it. */
  String name();

  /**
   * A client, by the name in its certificate and who issued it. Its serial number plays no part: a
   * renewed certificate must not be a way out.
   *
   * @param issuer the issuer's distinguished name
   */
  record Client(String name, String issuer) implements Suspect {
    public Client {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(issuer, "issuer");
    }
  }

  /**
   * An address. Everybody behind it is meant: a proxy or a terminal server stands for all its
   * users, so that only new connections are refused, and briefly at first.
   *
   * @param name an IPv4 address, or the first 64 bits of an IPv6 one, of which a single machine has
   *     as many as it likes
   */
  record Address(String name) implements Suspect {

    private static final int IPV6_BYTES = 16;
    private static final int IPV6_NETWORK_BYTES = 8;

    public Address {
      Objects.requireNonNull(name, "name");
    }

    public static Address of(InetAddress address) {
      byte[] bytes = address.getAddress();
      if (bytes.length < IPV6_BYTES) {
        return new Address(address.getHostAddress());
      }
      String network =
          HexFormat.of()
              .formatHex(Arrays.copyOf(bytes, IPV6_NETWORK_BYTES))
              .replaceAll("(.{4})(?=.)", "$1:");
      return new Address(network + "::/64");
    }
  }
}
