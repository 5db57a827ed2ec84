package dev.freehold.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** One HTTP/1.1 connection over TLS, plain enough that a test sees every byte. */
final class TestClient implements AutoCloseable {

  private static final int READ_TIMEOUT_MILLIS = 20_000;

  private final SSLSocket socket;
  private final InputStream in;
  private final OutputStream out;

  /** A status line, headers by lower-case name, and the body with its chunks joined. */
  record Reply(int status, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }
  }

  private TestClient(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  static TestClient connect(
      InetSocketAddress address, TestAuthority serverAuthority, TestAuthority.Credential own)
      throws IOException {
    TestClient client = new TestClient(socket(address, serverAuthority, own));
    client.socket.startHandshake();
    return client;
  }

  /** A socket that has not said a word yet; without a credential it will show no certificate. */
  static SSLSocket socket(
      InetSocketAddress address, TestAuthority serverAuthority, TestAuthority.Credential own)
      throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("server", serverAuthority.certificate());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      context.init(
          own == null ? null : keyManagers(own), trust.getTrustManagers(), new SecureRandom());
      SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(address.getAddress(), address.getPort());
      socket.setSoTimeout(READ_TIMEOUT_MILLIS);
      return socket;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyManager[] keyManagers(TestAuthority.Credential own)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] password = new char[0];
    store.setKeyEntry(
        "client", own.keys().getPrivate(), password, own.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, password);
    return factory.getKeyManagers();
  }

  Reply get(String path) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return reply();
  }

  Reply post(String path, String json, String... headers) throws IOException {
    sendPost(path, json, headers);
    return reply();
  }

  void sendPost(String path, String json, String... headers) throws IOException {
    StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\n");
    head.append("Host: localhost\r\n");
    boolean typed = false;
    for (String header : headers) {
      head.append(header).append("\r\n");
      typed |= header.toLowerCase(Locale.ROOT).startsWith("content-type");
    }
    if (!typed) {
      head.append("Content-Type: application/json\r\n");
    }
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    all.write(body);
    out.write(all.toByteArray());
    out.flush();
  }

  void send(String raw) throws IOException {
    out.write(raw.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  OutputStream output() {
    return out;
  }

  Socket socket() {
    return socket;
  }

  Reply reply() throws IOException {
    Head head = head();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (head.headers.getOrDefault("transfer-encoding", "").contains("chunked")) {
      for (String chunk = chunk(); chunk != null; chunk = chunk()) {
        body.write(chunk.getBytes(StandardCharsets.ISO_8859_1));
      }
    } else {
      body.write(in.readNBytes(Integer.parseInt(head.headers.getOrDefault("content-length", "0"))));
    }
    return new Reply(head.status, head.headers, body.toString(StandardCharsets.UTF_8));
  }

  record Head(int status, Map<String, String> headers) {}

  Head head() throws IOException {
    String statusLine = line();
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Head(Integer.parseInt(statusLine.split(" ", 3)[1]), headers);
  }

  /** The next chunk of a chunked body, one character a byte; null after the last. */
  String chunk() throws IOException {
    int length = Integer.parseInt(line(), 16);
    byte[] data = in.readNBytes(length);
    if (data.length < length) {
      throw new EOFException("the connection ended inside a chunk");
    }
    line();
    return length == 0 ? null : new String(data, StandardCharsets.ISO_8859_1);
  }

  /** Whether the server has closed the connection, waiting for it if need be. */
  boolean isAtEnd() throws IOException {
    return in.read() < 0;
  }

  private String line() throws IOException {
    List<Byte> bytes = new ArrayList<>();
    int previous = -1;
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended inside a line");
      }
      if (b == '\n' && previous == '\r') {
        break;
      }
      bytes.add((byte) b);
      previous = b;
    }
    byte[] line = new byte[bytes.size() - 1];
    for (int i = 0; i < line.length; i++) {
      line[i] = bytes.get(i);
    }
    return new String(line, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
