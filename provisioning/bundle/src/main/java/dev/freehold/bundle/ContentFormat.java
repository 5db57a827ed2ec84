package dev.freehold.bundle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bundle's content as JSON. The same content always gives the same bytes, whose hash tells two
 * contents of one version apart. A field that this schema does not know is passed over: whether a
 * daemon may do so is what the schema and the minimum daemon say.
 */
final class ContentFormat {

  private static final int DEPTH_MAX = 8;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(DEPTH_MAX)
                      .maxStringLength(BundleContent.POLICY_CHARACTERS_MAX)
                      .maxNameLength(BundleContent.NAME_CHARACTERS_MAX)
                      .build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              // A parse error would otherwise show the place, and with it a secret.
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .build());

  private ContentFormat() {}

  static byte[] write(BundleContent content) {
    ObjectNode root = JSON.createObjectNode();
    root.put("schema", content.schema());
    root.put("tenant", content.tenant());
    root.put("box", content.box());
    root.put("epoch", content.epoch());
    root.put("version", content.version());
    root.put("minimumDaemon", content.minimumDaemon());
    root.put("notBefore", content.notBefore().getEpochSecond());
    root.put("notAfter", content.notAfter().getEpochSecond());
    root.put("policy", content.policyYaml());
    ObjectNode credentials = root.putObject("credentials");
    content.credentials().forEach(credentials::put);
    ArrayNode models = root.putArray("models");
    for (ModelReference model : content.models()) {
      models
          .addObject()
          .put("model", model.model())
          .put("catalogue", model.catalogue())
          .put("sha256", model.sha256())
          .put("sizeBytes", model.sizeBytes());
    }
    ArrayNode authorities = root.putArray("clientAuthorities");
    content.clientAuthorityPem().forEach(authorities::add);
    try {
      return JSON.writeValueAsBytes(root);
    } catch (IOException e) {
      throw new IllegalStateException("A bundle's content cannot be written.", e);
    }
  }

  static BundleContent read(byte[] bytes) throws BundleException {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      throw invalid("expected JSON, found something else");
    }
    long schema = number(root, "schema");
    if (schema != BundleContent.SCHEMA) {
      throw new BundleException(
          BundleException.Reason.SCHEMA_NOT_SUPPORTED,
          "expected schema "
              + BundleContent.SCHEMA
              + ", found "
              + schema
              + "; update the daemon to one that reads it");
    }
    try {
      return new BundleContent(
          text(root, "tenant"),
          text(root, "box"),
          number(root, "epoch"),
          number(root, "version"),
          (int) schema,
          text(root, "minimumDaemon"),
          Instant.ofEpochSecond(number(root, "notBefore")),
          Instant.ofEpochSecond(number(root, "notAfter")),
          text(root, "policy"),
          credentials(root),
          models(root),
          authorities(root));
    } catch (RuntimeException e) {
      throw invalid("a field is outside its bounds");
    }
  }

  private static Map<String, String> credentials(JsonNode root) throws BundleException {
    Map<String, String> credentials = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object(root, "credentials").properties()) {
      if (!field.getValue().isTextual()) {
        throw invalid("expected each credential to be text");
      }
      credentials.put(field.getKey(), field.getValue().textValue());
    }
    return credentials;
  }

  private static List<ModelReference> models(JsonNode root) throws BundleException {
    List<ModelReference> models = new ArrayList<>();
    for (JsonNode model : array(root, "models")) {
      models.add(
          new ModelReference(
              text(model, "model"),
              text(model, "catalogue"),
              text(model, "sha256"),
              number(model, "sizeBytes")));
    }
    return models;
  }

  private static List<String> authorities(JsonNode root) throws BundleException {
    List<String> authorities = new ArrayList<>();
    for (JsonNode authority : array(root, "clientAuthorities")) {
      authorities.add(authority.asText());
    }
    return authorities;
  }

  private static String text(JsonNode node, String field) throws BundleException {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw invalid("expected text as \"" + field + "\"");
    }
    return value.textValue();
  }

  private static long number(JsonNode node, String field) throws BundleException {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw invalid("expected a whole number as \"" + field + "\"");
    }
    return value.longValue();
  }

  private static JsonNode object(JsonNode node, String field) throws BundleException {
    JsonNode value = node.path(field);
    if (!value.isObject()) {
      throw invalid("expected an object as \"" + field + "\"");
    }
    return value;
  }

  private static JsonNode array(JsonNode node, String field) throws BundleException {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw invalid("expected a list as \"" + field + "\"");
    }
    return value;
  }

  private static BundleException invalid(String message) {
    return new BundleException(BundleException.Reason.CONTENT_INVALID, message);
  }
}
