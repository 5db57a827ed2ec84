package dev.freehold.controller;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** The names that the controller's certificate carries, and the one in its URL. */
record ServerNames(String urlHost, Set<String> all) {

  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

  static ServerNames of(ControllerSettings settings) {
    InetSocketAddress listen = settings.listen();
    Set<String> names = new LinkedHashSet<>();
    settings.names().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    if (!listen.getAddress().isAnyLocalAddress()) {
      names.add(listen.getAddress().getHostAddress());
    }
    names.addAll(List.of("localhost", "127.0.0.1", "::1"));
    try {
      names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
    } catch (UnknownHostException e) {
      // A machine without a name of its own is reached by its addresses.
    }
    return new ServerNames(names.iterator().next(), names);
  }

  GeneralNames alternativeNames() {
    List<GeneralName> list = new ArrayList<>();
    for (String name : all) {
      int kind = ADDRESS.matcher(name).matches() ? GeneralName.iPAddress : GeneralName.dNSName;
      list.add(new GeneralName(kind, name));
    }
    return new GeneralNames(list.toArray(GeneralName[]::new));
  }

  String url(int port) {
    String host = urlHost.contains(":") ? "[" + urlHost + "]" : urlHost;
    return "https://" + host + ":" + port;
  }
}
