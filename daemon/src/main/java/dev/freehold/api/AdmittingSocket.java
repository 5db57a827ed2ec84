package dev.freehold.api;

import dev.freehold.abuse.Event;
import dev.freehold.abuse.Suspect;
import dev.freehold.abuse.Watch;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import javax.net.ssl.HandshakeCompletedListener;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * A TLS socket with our manners around the handshake; everything else is handed on.
 *
 * <p>A client has little time to show its certificate, and much once it has. A client that is
 * refused gets to see why: a connection that is closed while bytes of the client are unread is
 * reset, and the reset can overtake the alert, so what the client still sends is read for a bounded
 * while.
 */
final class AdmittingSocket extends SSLSocket {

  /** A client must get on with its handshake within this time. */
  private static final Duration HANDSHAKE_READ_TIMEOUT = Duration.ofSeconds(10);

  /** Longer than any request; a socket without a limit would be taken for closed when watched. */
  private static final Duration READ_TIMEOUT = Duration.ofHours(2);

  private static final Duration FAREWELL_TIME_MAX = Duration.ofSeconds(2);
  private static final Duration CLOSE_WAIT = Duration.ofMillis(500);
  private static final int FAREWELL_BYTES_MAX = 64 * 1024;

  private final Socket plain;
  private final SSLSocket secured;
  private final Watch watch;

  /**
   * Puts manners around a secured socket.
   *
   * @param plain the connection beneath, which the secured socket does not close
   * @param watch asked whether the other side's address is shut out, and told of a certificate that
   *     is refused
   */
  AdmittingSocket(Socket plain, SSLSocket secured, Watch watch) {
    this.plain = plain;
    this.secured = secured;
    this.watch = watch;
  }

  @Override
  public void startHandshake() throws IOException {
    Suspect.Address address = Suspect.Address.of(plain.getInetAddress());
    if (watch.isShutOut(address)) {
      // Before any arithmetic, which is what whoever tries many certificates costs most of.
      throw new SSLHandshakeException("the address is in quarantine");
    }
    secured.setSoTimeout((int) HANDSHAKE_READ_TIMEOUT.toMillis());
    try {
      secured.startHandshake();
    } catch (IOException e) {
      if (isOfTheCertificate(e)) {
        watch.seen(new Event.CertificateRefused(address));
      }
      bidFarewell();
      throw e;
    }
    secured.setSoTimeout((int) READ_TIMEOUT.toMillis());
  }

  /**
   * Whether a handshake failed for the client's certificate: there was none, it is not trusted, or
   * its key was not there. Whoever speaks no TLS, an old one, or does not trust this box, tries no
   * certificates.
   */
  static boolean isOfTheCertificate(IOException e) {
    if (!(e instanceof SSLHandshakeException)) {
      return false;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return true;
      }
    }
    // The JDK tells these apart by their words only; a test holds it to them.
    String message = String.valueOf(e.getMessage());
    return message.contains("client certificate") || message.contains("CertificateVerify");
  }

  private void bidFarewell() {
    long until = System.nanoTime() + FAREWELL_TIME_MAX.toNanos();
    byte[] scrap = new byte[4 * 1024];
    try {
      plain.shutdownOutput();
      plain.setSoTimeout((int) FAREWELL_TIME_MAX.toMillis());
      InputStream in = plain.getInputStream();
      int total = 0;
      int read = 0;
      while (read >= 0 && total < FAREWELL_BYTES_MAX && System.nanoTime() - until < 0) {
        read = in.read(scrap);
        total += read;
      }
    } catch (IOException e) {
      // The client has gone, or says nothing more: either way it has had its time.
    }
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return secured.getSupportedCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return secured.getEnabledCipherSuites();
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    secured.setEnabledCipherSuites(suites);
  }

  @Override
  public String[] getSupportedProtocols() {
    return secured.getSupportedProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return secured.getEnabledProtocols();
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    secured.setEnabledProtocols(protocols);
  }

  @Override
  public SSLSession getSession() {
    return secured.getSession();
  }

  @Override
  public SSLSession getHandshakeSession() {
    return secured.getHandshakeSession();
  }

  @Override
  public SSLParameters getSSLParameters() {
    return secured.getSSLParameters();
  }

  @Override
  public void setSSLParameters(SSLParameters parameters) {
    secured.setSSLParameters(parameters);
  }

  @Override
  public String getApplicationProtocol() {
    return secured.getApplicationProtocol();
  }

  @Override
  public String getHandshakeApplicationProtocol() {
    return secured.getHandshakeApplicationProtocol();
  }

  @Override
  public void setHandshakeApplicationProtocolSelector(
      BiFunction<SSLSocket, List<String>, String> selector) {
    secured.setHandshakeApplicationProtocolSelector(selector);
  }

  @Override
  public BiFunction<SSLSocket, List<String>, String> getHandshakeApplicationProtocolSelector() {
    return secured.getHandshakeApplicationProtocolSelector();
  }

  @Override
  public void addHandshakeCompletedListener(HandshakeCompletedListener listener) {
    secured.addHandshakeCompletedListener(listener);
  }

  @Override
  public void removeHandshakeCompletedListener(HandshakeCompletedListener listener) {
    secured.removeHandshakeCompletedListener(listener);
  }

  @Override
  public void setUseClientMode(boolean client) {
    secured.setUseClientMode(client);
  }

  @Override
  public boolean getUseClientMode() {
    return secured.getUseClientMode();
  }

  @Override
  public void setNeedClientAuth(boolean need) {
    secured.setNeedClientAuth(need);
  }

  @Override
  public boolean getNeedClientAuth() {
    return secured.getNeedClientAuth();
  }

  @Override
  public void setWantClientAuth(boolean want) {
    secured.setWantClientAuth(want);
  }

  @Override
  public boolean getWantClientAuth() {
    return secured.getWantClientAuth();
  }

  @Override
  public void setEnableSessionCreation(boolean enable) {
    secured.setEnableSessionCreation(enable);
  }

  @Override
  public boolean getEnableSessionCreation() {
    return secured.getEnableSessionCreation();
  }

  /** The server ends a connection by closing this stream, never the socket. */
  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(secured.getInputStream()) {
      @Override
      public void close() throws IOException {
        AdmittingSocket.this.close();
      }
    };
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return secured.getOutputStream();
  }

  @Override
  public void setSoTimeout(int millis) throws SocketException {
    secured.setSoTimeout(millis);
  }

  @Override
  public int getSoTimeout() throws SocketException {
    return secured.getSoTimeout();
  }

  @Override
  public void setTcpNoDelay(boolean on) throws SocketException {
    secured.setTcpNoDelay(on);
  }

  @Override
  public boolean getTcpNoDelay() throws SocketException {
    return secured.getTcpNoDelay();
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return secured.getRemoteSocketAddress();
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return secured.getLocalSocketAddress();
  }

  @Override
  public InetAddress getInetAddress() {
    return secured.getInetAddress();
  }

  @Override
  public InetAddress getLocalAddress() {
    return secured.getLocalAddress();
  }

  @Override
  public int getPort() {
    return secured.getPort();
  }

  @Override
  public int getLocalPort() {
    return secured.getLocalPort();
  }

  @Override
  public boolean isConnected() {
    return secured.isConnected();
  }

  @Override
  public boolean isBound() {
    return secured.isBound();
  }

  @Override
  public boolean isClosed() {
    return secured.isClosed();
  }

  @Override
  public boolean isInputShutdown() {
    return secured.isInputShutdown();
  }

  @Override
  public boolean isOutputShutdown() {
    return secured.isOutputShutdown();
  }

  @Override
  public void shutdownInput() throws IOException {
    secured.shutdownInput();
  }

  /**
   * The first step of closing. The second waits for the client to say that it closes too, which it
   * must not do for as long as a client may take to ask.
   */
  @Override
  public void shutdownOutput() throws IOException {
    secured.setSoTimeout((int) CLOSE_WAIT.toMillis());
    secured.shutdownOutput();
  }

  /** Whatever becomes of the farewell, the connection beneath ends with it. */
  @Override
  public void close() throws IOException {
    try {
      secured.close();
    } finally {
      plain.close();
    }
  }
}
