package dev.freehold.controller.operator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.Keys;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.policy.Problem;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.bundle.uplink.ControllerTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** Calls a running controller as its operator. */
public final class OperatorClient implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int ANSWER_BYTES_MAX = 67_108_864;
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder().disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build());

  private final HttpClient http;
  private final URI base;

  private OperatorClient(HttpClient http, URI base) {
    this.http = http;
    this.base = base;
  }

  /**
   * Opens the folder that the controller wrote for its operator, or a copy of it.
   *
   * @throws OperatorException if the folder is not one
   */
  public static OperatorClient open(Path folder) throws OperatorException {
    try {
      ClientIdentity identity =
          new ClientIdentity(
              Pem.privateKey(DurableFiles.readText(folder.resolve("key.pem"))),
              Pem.certificates(DurableFiles.readText(folder.resolve("cert.pem"))));
      SpkiPin pin =
          SpkiPin.of(Pem.certificates(DurableFiles.readText(folder.resolve("ca.pem"))).getFirst());
      URI base = URI.create(DurableFiles.readText(folder.resolve("url")).strip());
      return new OperatorClient(
          ControllerTls.client(pin, Optional.of(identity), Instant::now), base);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new OperatorException(
          "Expected an operator's folder with key.pem, cert.pem, ca.pem and url, found "
              + folder
              + " without them or unreadable. The controller writes it at its start, as"
              + " STATE/operator; name it by --operator or FREEHOLD_OPERATOR.");
    }
  }

  /** A one-time token for a box; it can be read this once. */
  public String createToken(String box, Duration lifetime)
      throws OperatorException, InterruptedException {
    ObjectNode body =
        JSON.createObjectNode().put("box", box).put("ttlSeconds", lifetime.toSeconds());
    return post("/v1/operator/tokens", body).path("token").asText();
  }

  /** A certificate for a LAN client. Its key is made here and never sent. */
  public IssuedClient issueClient(String name, Collection<String> groups, int days)
      throws OperatorException, InterruptedException {
    KeyPair keys = Keys.generateP256();
    ObjectNode body =
        JSON.createObjectNode()
            .put("name", name)
            .put("days", days)
            .put("request", Base64.getEncoder().encodeToString(request(name, keys)));
    groups.forEach(body.putArray("groups")::add);
    JsonNode answer = post("/v1/operator/clients", body);
    return new IssuedClient(
        keys.getPrivate(),
        answer.path("certificates").asText(),
        answer.path("ca").asText(),
        Optional.ofNullable(answer.path("warning").textValue()));
  }

  /** Publishes a policy and returns its version. */
  public long publish(String policyYaml, Map<String, String> credentials)
      throws OperatorException, InterruptedException {
    ObjectNode body = JSON.createObjectNode().put("policy", policyYaml);
    credentials.forEach(body.putObject("credentials")::put);
    return post("/v1/operator/policies", body).path("version").asLong();
  }

  public List<BoxStatus> boxes() throws OperatorException, InterruptedException {
    List<BoxStatus> boxes = new ArrayList<>();
    for (JsonNode box : get("/v1/operator/boxes").path("boxes")) {
      boxes.add(
          new BoxStatus(
              box.path("serial").asText(),
              Optional.ofNullable(box.path("enrolled").textValue()).map(Instant::parse),
              Optional.ofNullable(box.path("seen").textValue()).map(Instant::parse),
              box.path("version").asLong(),
              Optional.ofNullable(box.path("daemon").textValue())));
    }
    return boxes;
  }

  /** The audit trail, the newest first, as lines. */
  public List<String> auditTrail() throws OperatorException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (JsonNode entry : get("/v1/operator/audit").path("entries")) {
      lines.add(
          String.join(
              "\t",
              entry.path("at").asText(),
              entry.path("actor").asText(),
              entry.path("action").asText(),
              entry.path("subject").asText()));
    }
    return lines;
  }

  /**
   * What the fleet used, as the controller answers: {@code usage} is an array of sums.
   *
   * @param by group, provider, box, model, day or hour
   */
  public JsonNode usage(String by, Instant since, Instant until)
      throws OperatorException, InterruptedException {
    return get(
        "/v1/operator/fleet/usage?by=%s&since=%s&until=%s"
            .formatted(URLEncoder.encode(by, StandardCharsets.UTF_8), since, until));
  }

  /** What a person should look at, the newest first, under {@code alerts}. */
  public JsonNode alerts() throws OperatorException, InterruptedException {
    return get("/v1/operator/fleet/alerts");
  }

  /** The heads that the controller holds of a box's receipts, the newest line first. */
  public JsonNode receiptHeads(String box) throws OperatorException, InterruptedException {
    return get("/v1/operator/fleet/receipts/" + URLEncoder.encode(box, StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  private JsonNode get(String path) throws OperatorException, InterruptedException {
    return send(HttpRequest.newBuilder(base.resolve(path)).GET());
  }

  private JsonNode post(String path, ObjectNode body)
      throws OperatorException, InterruptedException {
    try {
      return send(
          HttpRequest.newBuilder(base.resolve(path))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))));
    } catch (IOException e) {
      throw new IllegalStateException("A request cannot be written.");
    }
  }

  private JsonNode send(HttpRequest.Builder request)
      throws OperatorException, InterruptedException {
    int status;
    JsonNode answer;
    try {
      HttpResponse<InputStream> response =
          http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofInputStream());
      status = response.statusCode();
      try (InputStream in = response.body()) {
        answer = JSON.readTree(in.readNBytes(ANSWER_BYTES_MAX));
      }
    } catch (IOException e) {
      throw new OperatorException(
          "The controller at "
              + base
              + " cannot be reached: "
              + reason(e)
              + ". Check that it runs.");
    }
    if (status / 100 == 2 && answer != null) {
      return answer;
    }
    throw refusal(status, answer == null ? JSON.createObjectNode() : answer);
  }

  private static OperatorException refusal(int status, JsonNode answer) {
    List<Problem> problems = new ArrayList<>();
    for (JsonNode problem : answer.path("problems")) {
      problems.add(
          new Problem(
              problem.path("line").asInt(),
              problem.path("column").asInt(),
              problem.path("message").asText()));
    }
    String message = answer.path("error").path("message").asText("");
    return new OperatorException(
        message.isEmpty() ? "The controller answered with status " + status + "." : message,
        problems);
  }

  private static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  private static byte[] request(String name, KeyPair keys) {
    try {
      return new PKCS10CertificationRequestBuilder(
              new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build(),
              SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()))
          .build(
              new JcaContentSignerBuilder("SHA256withECDSA")
                  .setProvider(Keys.bouncyCastle())
                  .build(keys.getPrivate()))
          .getEncoded();
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("A certification request cannot be made.", e);
    }
  }
}
