package dev.freehold.api;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * {@code GET /openapi.json} and {@code GET /openapi.yaml}: what this API takes and answers.
 *
 * <p>The document is a resource written by hand; tests keep it and the server the same. Helidon's
 * feature for OpenAPI is not used, because its paths would lie outside of the admission of clients.
 */
final class OpenApiEndpoint {

  static final String JSON_PATH = "/openapi.json";
  static final String YAML_PATH = "/openapi.yaml";

  private static final String RESOURCE = "openapi.yaml";

  private final byte[] yaml;
  private final byte[] json;

  private OpenApiEndpoint(byte[] yaml, byte[] json) {
    this.yaml = yaml;
    this.json = json;
  }

  static OpenApiEndpoint load() {
    try (InputStream in = OpenApiEndpoint.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("The daemon was built without its " + RESOURCE + ".");
      }
      byte[] yaml = in.readAllBytes();
      Object document =
          new Load(LoadSettings.builder().setLabel(RESOURCE).build())
              .loadFromString(new String(yaml, StandardCharsets.UTF_8));
      return new OpenApiEndpoint(yaml, Json.MAPPER.writeValueAsBytes(document));
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE + " cannot be read", e);
    }
  }

  void json(Exchange exchange) {
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.response().send(json);
  }

  /** By the media type of RFC 9512. */
  void yaml(Exchange exchange) {
    exchange.response().header(HeaderNames.CONTENT_TYPE, "application/yaml");
    exchange.response().send(yaml);
  }
}
