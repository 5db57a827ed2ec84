package dev.freehold.provider.gemini;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceException;
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
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gemini's API at a base URL. */
public final class GeminiProtocol implements Protocol {

  /** Google's own. */
  public static final URI DEFAULT_URL = URI.create("https://generativelanguage.googleapis.com");

  /** Texts of one request for vectors. */
  static final int INPUTS_MAX = 100;

  private static final ApiFields FIELDS =
      ApiFields.keeping(Promise.JSON_OBJECT, Promise.LOGPROBS)
          .withStopsMax(5)
          .with(
              Sampler.TEMPERATURE,
              Sampler.TOP_P,
              Sampler.TOP_K,
              Sampler.FREQUENCY_PENALTY,
              Sampler.PRESENCE_PENALTY,
              Sampler.SEED);

  private static final String VERSION_PATH = "/v1beta";

  /** A duration as Google's JSON has it. */
  private static final Pattern SECONDS = Pattern.compile("([0-9]{1,6})(?:\\.[0-9]{1,9})?s");

  private static final Pattern MODEL =
      Pattern.compile("(?<folder>(?:models|tunedModels)/)?[a-zA-Z0-9._-]{1,128}");

  private final String base;

  /**
   * @param baseUrl with or without {@code /v1beta} at its end
   */
  public GeminiProtocol(URI baseUrl) {
    String text = Objects.requireNonNull(baseUrl, "baseUrl").toString();
    this.base = text.endsWith(VERSION_PATH) ? text : text + VERSION_PATH;
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Ranking _ -> Optional.of("reranking");
      case Prompt.Text _ -> Optional.of("plain completion");
      case Prompt.Infill _ -> Optional.of("infill");
      case Prompt.Embedding embedding -> lacks(embedding);
      case Prompt.Chat chat -> FIELDS.lacks(request).or(() -> lacks(request, chat));
    };
  }

  private static Optional<String> lacks(Prompt.Embedding embedding) {
    if (embedding.inputs().size() > INPUTS_MAX) {
      return Optional.of("embeddings of more than %d inputs at once".formatted(INPUTS_MAX));
    }
    return embedding.inputs().stream().anyMatch(input -> input instanceof Prompt.Input.OfTokens)
        ? Optional.of("embeddings of tokens, only of text")
        : Optional.empty();
  }

  private static Optional<String> lacks(InferenceRequest request, Prompt.Chat chat) {
    if (!chat.messages().isEmpty() && chat.messages().getLast().role() == Message.Role.ASSISTANT) {
      return Optional.of("continuation of an assistant's message");
    }
    return switch (request.format()) {
      case OutputFormat.Text _, OutputFormat.Grammar _ -> Optional.empty();
      case OutputFormat.JsonObject _, OutputFormat.JsonSchema _ ->
          chat.tools().isEmpty() ? Optional.empty() : Optional.of("structured output beside tools");
    };
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) throws InferenceException {
    String resource = resource(model);
    return switch (request.prompt()) {
      case Prompt.Embedding embedding ->
          Outgoing.json(
              URI.create(base + "/" + resource + ":batchEmbedContents"),
              "application/json",
              GeminiRequest.embedding(embedding, resource));
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _, Prompt.Ranking _ ->
          Outgoing.json(
              URI.create(base + "/" + resource + ":streamGenerateContent?alt=sse"),
              "text/event-stream, application/json",
              GeminiRequest.chat(FIELDS.within(request)));
    };
  }

  /**
   * The model's full name, which is a part of the path: it must not lead to another one, even if
   * the policy lets clients name models.
   */
  private static String resource(String model) throws InferenceException {
    Matcher matcher = MODEL.matcher(model);
    if (!matcher.matches()) {
      throw new InferenceException(
          InferenceException.Kind.UNSUPPORTED,
          "A model of Gemini has a name of letters, digits, '.', '_' and '-', perhaps after"
              + " 'models/' or 'tunedModels/', found another. The operator should check the"
              + " provider's model.");
    }
    return matcher.group("folder") == null ? "models/" + model : model;
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return switch (request.prompt()) {
      case Prompt.Embedding embedding -> new GeminiVectors(embedding, promptTokensEstimate);
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _, Prompt.Ranking _ ->
          new GeminiAnswer(request, promptTokensEstimate);
    };
  }

  /** A key that is wrong is a 400 here; a prompt that is too long has a message and no code. */
  @Override
  public Rejection rejection(JsonNode body) {
    JsonNode error = error(body);
    for (JsonNode detail : error.path("details")) {
      if (detail.path("reason").asText("").startsWith("API_KEY_")) {
        return Rejection.ACCOUNT;
      }
    }
    if (error.path("status").asText("").equals("FAILED_PRECONDITION")) {
      // Billing that is off, or a place that is not served.
      return Rejection.ACCOUNT;
    }
    return error.path("message").asText("").contains("exceeds the maximum number of tokens allowed")
        ? Rejection.CONTEXT_TOO_LONG
        : Rejection.OTHER;
  }

  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    for (JsonNode detail : error(body).path("details")) {
      for (JsonNode violation : detail.path("violations")) {
        if (violation.path("quotaId").asText("").contains("PerDay")) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public Optional<Duration> retryAfter(JsonNode body) {
    for (JsonNode detail : error(body).path("details")) {
      Matcher wait = SECONDS.matcher(detail.path("retryDelay").asText(""));
      if (wait.matches()) {
        // What is begun of a second is waited for.
        return Optional.of(Duration.ofSeconds(Long.parseLong(wait.group(1)) + 1));
      }
    }
    return Optional.empty();
  }

  /** Errors of a stream come in an array. */
  private static JsonNode error(JsonNode body) {
    return (body.isArray() ? body.path(0) : body).path("error");
  }
}
