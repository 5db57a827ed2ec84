package dev.freehold.hardwaretests.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ServerProcess;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A way from the client to the mock: straight, or through a gateway.
 *
 * @param url up to and with {@code /v1}
 * @param tls empty for plain HTTP
 * @param headers that each request needs to find its way
 * @param expectedHead what the head of each answer must hold, in small letters, since an answer
 *     from somewhere else would measure something else
 */
record Contender(
    String name,
    URI url,
    Optional<SSLContext> tls,
    Map<String, String> headers,
    String expectedHead,
    ServerProcess process) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KIB = " kB";

  KeptConnection connect() throws IOException {
    if (tls.isEmpty()) {
      return new KeptConnection(new Socket(url.getHost(), url.getPort()));
    }
    SSLSocket socket =
        (SSLSocket) tls.get().getSocketFactory().createSocket(url.getHost(), url.getPort());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new KeptConnection(socket);
  }

  /** The bytes of a request, made once: the client's own work is not what is measured. */
  byte[] request(String question, boolean stream) throws IOException {
    ObjectNode body = JSON.createObjectNode().put("model", "assistant").put("max_tokens", 256);
    body.putArray("messages")
        .add(
            JSON.createObjectNode()
                .put("role", "system")
                .put("content", "You are the assistant of an office. Answer briefly."))
        .add(JSON.createObjectNode().put("role", "user").put("content", question));
    if (stream) {
      body.put("stream", true);
    }
    byte[] content = JSON.writeValueAsBytes(body);
    List<String> lines = new ArrayList<>();
    lines.add("POST " + url.getPath() + "/chat/completions HTTP/1.1");
    lines.add("Host: " + url.getAuthority());
    lines.add("Content-Type: application/json");
    lines.add("Content-Length: " + content.length);
    headers.forEach((header, value) -> lines.add(header + ": " + value));
    byte[] head = (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[head.length + content.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return all;
  }

  /** Fails if the last answer came from somewhere else than the mock, or not whole. */
  void check(KeptConnection connection) {
    if (!connection.head().contains(expectedHead)
        || !connection.answered(MockUpstream.word(MockUpstream.WORDS - 1))) {
      throw new SiteException(
          "Expected an answer of the mock through %s, found something else: %s"
              .formatted(name, connection.head()));
    }
  }

  /** Memory that the process and its children have in use, with mapped files. */
  double residentMebibytes() {
    String pids =
        Stream.concat(
                Stream.of(process.pid()),
                ProcessHandle.of(process.pid()).stream()
                    .flatMap(ProcessHandle::descendants)
                    .map(ProcessHandle::pid))
            .map(pid -> Long.toString(pid))
            .collect(Collectors.joining(","));
    try {
      Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", pids).start();
      try (var lines = ps.inputReader()) {
        return lines.lines().mapToLong(line -> Long.parseLong(line.strip())).sum() / 1024.0;
      }
    } catch (IOException e) {
      throw new SiteException("ps cannot be run: " + e, e);
    }
  }

  /** The part of it that is mapped model files; zero where the system does not tell. */
  double modelMebibytes() {
    Path maps = Path.of("/proc/" + process.pid() + "/smaps");
    if (!Files.isReadable(maps)) {
      return 0;
    }
    try {
      List<String> lines = Files.readAllLines(maps);
      long kibibytes = 0;
      boolean model = false;
      for (String line : lines) {
        if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
          model = line.endsWith(".gguf");
        } else if (model && line.startsWith("Rss:") && line.endsWith(KIB)) {
          kibibytes += Long.parseLong(line.substring(4, line.length() - KIB.length()).strip());
        }
      }
      return kibibytes / 1024.0;
    } catch (IOException e) {
      throw new SiteException(maps + " cannot be read: " + e, e);
    }
  }
}
