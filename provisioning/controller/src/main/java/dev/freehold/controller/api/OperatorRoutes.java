package dev.freehold.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.enrolment.CertificationRequest;
import dev.freehold.controller.enrolment.EnrolmentRefused;
import dev.freehold.controller.enrolment.EnrolmentTokens;
import dev.freehold.controller.enrolment.IssuedToken;
import dev.freehold.controller.publishing.PublicationRefused;
import dev.freehold.controller.publishing.Publisher;
import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What {@code freeholdctl} calls. Every route asks for an operator's certificate. */
final class OperatorRoutes implements HttpService {

  private static final int SMALL_BODY_BYTES_MAX = 131_072;
  private static final int PUBLICATION_BODY_BYTES_MAX = 8_388_608;
  private static final int GROUPS_MAX = 16;
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._@-]{0,62}");

  private final Authority authority;
  private final ControllerStore store;
  private final EnrolmentTokens tokens;
  private final Publisher publisher;
  private final Callers callers;
  private final Clock clock;

  OperatorRoutes(
      Authority authority,
      ControllerStore store,
      EnrolmentTokens tokens,
      Publisher publisher,
      Callers callers,
      Clock clock) {
    this.authority = authority;
    this.store = store;
    this.tokens = tokens;
    this.publisher = publisher;
    this.callers = callers;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .post("/tokens", this::createToken)
        .post("/clients", this::issueClient)
        .post("/policies", this::publish)
        .get("/boxes", this::boxes)
        .get("/audit", this::auditTrail);
  }

  private void createToken(ServerRequest request, ServerResponse response) {
    String operator = callers.requireOperator(request);
    JsonNode body = Json.read(request, SMALL_BODY_BYTES_MAX);
    String box = Json.text(body, "box");
    Duration lifetime = Duration.ofSeconds(Math.max(0, Json.number(body, "ttlSeconds")));
    try {
      IssuedToken token = tokens.create(box, lifetime, operator);
      Json.send(
          response,
          Status.CREATED_201,
          Json.object().put("token", token.token()).put("expires", token.expires().toString()));
    } catch (IllegalArgumentException e) {
      throw new ApiException(Status.BAD_REQUEST_400, e.getMessage());
    }
  }

  /** The client's key was made by who asks and stays there: only a request for it arrives. */
  private void issueClient(ServerRequest request, ServerResponse response) throws EnrolmentRefused {
    String operator = callers.requireOperator(request);
    JsonNode body = Json.read(request, SMALL_BODY_BYTES_MAX);
    String name = requireName(Json.text(body, "name"), "name");
    List<String> groups = groups(body);
    Duration validity = validity(Json.number(body, "days"));
    CertificationRequest checked = CertificationRequest.parse(decoded(Json.text(body, "request")));
    List<X509Certificate> chain = authority.issueClient(name, groups, checked.key(), validity);
    store.audit(
        new AuditEntry(
            clock.instant(), operator, "client.issued", name + " in " + String.join(", ", groups)));
    ObjectNode answer =
        Json.object()
            .put("certificates", Pem.encode(chain))
            .put("ca", Pem.encode(authority.roots().classical()));
    unknownGroups(groups).ifPresent(warning -> answer.put("warning", warning));
    Json.send(response, Status.CREATED_201, answer);
  }

  private void publish(ServerRequest request, ServerResponse response)
      throws PolicyException, PublicationRefused {
    String operator = callers.requireOperator(request);
    JsonNode body = Json.read(request, PUBLICATION_BODY_BYTES_MAX);
    String policy = Json.text(body, "policy");
    if (policy.length() > BundleContent.POLICY_CHARACTERS_MAX) {
      throw new ApiException(
          Status.BAD_REQUEST_400,
          "Expected a policy of at most " + BundleContent.POLICY_CHARACTERS_MAX + " characters.");
    }
    Map<String, String> credentials = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : body.path("credentials").properties()) {
      if (!field.getValue().isTextual() || credentials.size() == BundleContent.CREDENTIALS_MAX) {
        throw new ApiException(
            Status.BAD_REQUEST_400,
            "Expected at most " + BundleContent.CREDENTIALS_MAX + " credentials, each as text.");
      }
      credentials.put(field.getKey(), field.getValue().textValue());
    }
    long version = publisher.publish(policy, credentials, operator);
    Json.send(response, Status.CREATED_201, Json.object().put("version", version));
  }

  private void boxes(ServerRequest request, ServerResponse response) {
    callers.requireOperator(request);
    ObjectNode answer = Json.object();
    ArrayNode boxes = answer.putArray("boxes");
    for (Box box : store.boxes()) {
      boxes
          .addObject()
          .put("serial", box.serial())
          .put("enrolled", box.enrolled().map(Instant::toString).orElse(null))
          .put("seen", box.seen().map(Instant::toString).orElse(null))
          .put("version", box.fetchedVersion())
          .put("daemon", box.daemonVersion().orElse(null));
    }
    Json.send(response, Status.OK_200, answer);
  }

  private void auditTrail(ServerRequest request, ServerResponse response) {
    callers.requireOperator(request);
    ObjectNode answer = Json.object();
    ArrayNode entries = answer.putArray("entries");
    for (AuditEntry entry : store.auditTrail()) {
      entries
          .addObject()
          .put("at", entry.at().toString())
          .put("actor", entry.actor())
          .put("action", entry.action())
          .put("subject", entry.subject());
    }
    Json.send(response, Status.OK_200, answer);
  }

  private static List<String> groups(JsonNode body) {
    List<String> groups = new ArrayList<>();
    for (JsonNode group : body.path("groups")) {
      groups.add(requireName(group.asText(), "groups"));
    }
    if (groups.isEmpty() || groups.size() > GROUPS_MAX) {
      throw new ApiException(
          Status.BAD_REQUEST_400, "Expected 1 to " + GROUPS_MAX + " groups of the policy.");
    }
    return groups;
  }

  /** A certificate that no box will accept is still issued: the policy may follow. */
  private Optional<String> unknownGroups(List<String> groups) {
    try {
      if (store.latestPublication().isPresent()) {
        Policy policy = Policy.parse(store.latestPublication().get().policyYaml());
        if (groups.stream().noneMatch(policy.clients()::containsKey)) {
          return Optional.of(
              "The published policy has none of these groups: boxes will refuse this client"
                  + " until it does.");
        }
      }
    } catch (PolicyException e) {
      // What was published stays as it is; this is only a courtesy.
    }
    return Optional.empty();
  }

  private static Duration validity(long days) {
    if (days < 1 || days > Authority.CLIENT_VALIDITY_MAX.toDays()) {
      throw new ApiException(
          Status.BAD_REQUEST_400,
          "Expected a validity of 1 to " + Authority.CLIENT_VALIDITY_MAX.toDays() + " days.");
    }
    return Duration.ofDays(days);
  }

  private static byte[] decoded(String request) {
    try {
      return Base64.getDecoder().decode(request);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          Status.BAD_REQUEST_400, "Expected a PKCS#10 request in base64 as \"request\".");
    }
  }

  private static String requireName(String name, String field) {
    if (!NAME.matcher(name).matches()) {
      throw new ApiException(
          Status.BAD_REQUEST_400,
          "Expected up to 63 letters, digits, spaces and . _ @ - in \"" + field + "\".");
    }
    return name;
  }
}
