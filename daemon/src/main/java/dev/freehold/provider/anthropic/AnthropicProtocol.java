package dev.freehold.provider.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.remote.ApiFields;
import dev.freehold.provider.remote.ApiFields.Promise;
import dev.freehold.provider.remote.ApiFields.Sampler;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Anthropic's API at a base URL. */
public final class AnthropicProtocol implements Protocol {

  /** Anthropic's own. */
  public static final URI DEFAULT_URL = URI.create("https://api.anthropic.com");

  /** The one version that is published. */
  static final String DEFAULT_VERSION = "2023-06-01";

  private static final ApiFields FIELDS =
      ApiFields.keeping(Promise.JSON_OBJECT, Promise.ONE_CALL_AT_A_TIME)
          .with(Sampler.TEMPERATURE, 0, 1)
          .with(Sampler.TOP_P, Sampler.TOP_K);

  private static final String VERSION_PATH = "/v1";

  /** What a 429 is called when waiting for the next minute does not help. */
  private static final Set<String> SPENT =
      Set.of(
          "contract_spend_limit_reached",
          "enforced_spend_limit_reached",
          "linked_organization_billing_unavailable",
          "linked_organization_spend_limit_reached",
          "organization_on_hold");

  private final URI uri;
  private final String version;

  /**
   * @param baseUrl with or without {@code /v1} at its end
   * @param apiVersion what {@code anthropic-version} is to say
   */
  public AnthropicProtocol(URI baseUrl, Optional<String> apiVersion) {
    String base = Objects.requireNonNull(baseUrl, "baseUrl").toString();
    String versioned = base.endsWith(VERSION_PATH) ? base : base + VERSION_PATH;
    this.uri = URI.create(versioned + "/messages");
    this.version = apiVersion.orElse(DEFAULT_VERSION);
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Embedding _ -> Optional.of("embeddings");
      case Prompt.Ranking _ -> Optional.of("reranking");
      case Prompt.Text _ -> Optional.of("plain completion");
      case Prompt.Infill _ -> Optional.of("infill");
      case Prompt.Chat chat -> FIELDS.lacks(request).or(() -> lacks(request, chat));
    };
  }

  private static Optional<String> lacks(InferenceRequest request, Prompt.Chat chat) {
    if (!chat.messages().isEmpty() && chat.messages().getLast().role() == Message.Role.ASSISTANT) {
      return Optional.of("continuation of an assistant's message");
    }
    return request.format() instanceof OutputFormat.JsonObject && !chat.tools().isEmpty()
        ? Optional.of("json_object beside tools, only json_schema")
        : Optional.empty();
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) {
    return Outgoing.json(
            uri,
            "text/event-stream, application/json",
            AnthropicRequest.encode(FIELDS.within(request), model))
        .with("anthropic-version", version);
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return new AnthropicAnswer(AnthropicRequest.isAnsweredByATool(request), promptTokensEstimate);
  }

  /**
   * A prompt that is too long has no code, only a message whose words may change one day. It then
   * is an invalid request like any other, which nothing is lost by but a fallback to a longer
   * context.
   */
  @Override
  public Rejection rejection(JsonNode body) {
    JsonNode error = body.path("error");
    if (error.path("type").asText("").equals("request_too_large")) {
      return Rejection.CONTEXT_TOO_LONG;
    }
    if (error.path("type").asText("").equals("billing_error") || isQuotaUsedUp(body)) {
      return Rejection.ACCOUNT;
    }
    String message = error.path("message").asText("").toLowerCase(Locale.ROOT);
    if (message.startsWith("prompt is too long") || message.contains("exceed context limit")) {
      return Rejection.CONTEXT_TOO_LONG;
    }
    return message.startsWith("your credit balance is too low")
        ? Rejection.ACCOUNT
        : Rejection.OTHER;
  }

  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return SPENT.contains(body.at("/error/details/error_code").asText(""));
  }
}
