package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Extras;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** Passes on what a client said in a provider's own API and this box does not know. */
public final class ExtraFields {

  /**
   * Fields that are a policy's to decide and not a client's: whether a provider keeps what it is
   * sent, whom else it asks, where it computes, by which key and at which price. The list names
   * what providers and gateways are known to take; it cannot be complete.
   */
  static final Set<String> WITHHELD =
      Set.of(
          "api_base",
          "api_key",
          "api_version",
          "background",
          "base_url",
          "container",
          "custom_llm_provider",
          "data_sources",
          "deployment_id",
          "extra_body",
          "extra_headers",
          "fallbacks",
          "headers",
          "inference_geo",
          "mcp_servers",
          "models",
          "organization",
          "plugins",
          "provider",
          "route",
          "service_tier",
          "speed",
          "store",
          "transforms",
          "user_profile_id",
          "web_search_options",
          "workspace_id");

  private ExtraFields() {}

  /**
   * Writes fields into the object that is being written.
   *
   * @param form the API that is spoken
   * @param own what the adapter writes itself, which no client overrides
   */
  public static void write(JsonGenerator json, Extras extras, Extras.Form form, Set<String> own)
      throws IOException {
    for (Map.Entry<String, String> field : extras.of(form).entrySet()) {
      if (!own.contains(field.getKey()) && !WITHHELD.contains(field.getKey())) {
        json.writeFieldName(field.getKey());
        json.writeRawValue(field.getValue());
      }
    }
  }
}
