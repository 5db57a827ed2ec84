package dev.freehold.lifecycle;

import java.net.InetSocketAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code HOST:PORT}, with an IPv6 host in brackets. */
final class SocketAddressConverter implements ITypeConverter<InetSocketAddress> {

  private static final int PORT_MAX = 65_535;

  @Override
  public InetSocketAddress convert(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      throw new TypeConversionException(
          "expected HOST:PORT, as in 127.0.0.1:8443, found '%s'".formatted(text));
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    InetSocketAddress address = new InetSocketAddress(host, port(text.substring(colon + 1)));
    if (address.isUnresolved()) {
      throw new TypeConversionException("no address is known for host '%s'".formatted(host));
    }
    return address;
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= PORT_MAX) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw new TypeConversionException("expected a port number, found '%s'".formatted(text));
    }
    throw new TypeConversionException(
        "a port is between 0 and %d, found %s".formatted(PORT_MAX, text));
  }
}
