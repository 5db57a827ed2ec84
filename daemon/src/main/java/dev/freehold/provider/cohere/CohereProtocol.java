package dev.freehold.provider.cohere;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.ApiFields;
import dev.freehold.provider.remote.ApiFields.Promise;
import dev.freehold.provider.remote.ApiFields.Sampler;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/** Cohere's chat, embed and rerank. */
public final class CohereProtocol implements Protocol {

  /** Texts of one request for vectors. */
  static final int INPUTS_MAX = 96;

  /** Its ranges are narrower than OpenAI's; the whole nucleus cannot be said there. */
  private static final ApiFields FIELDS =
      ApiFields.keeping(Promise.JSON_OBJECT)
          .withStopsMax(5)
          .with(Sampler.TEMPERATURE, Sampler.SEED)
          .with(Sampler.TOP_P, 0.01, 0.99)
          .with(Sampler.TOP_K, 1, 500)
          .with(Sampler.FREQUENCY_PENALTY, 0, 1)
          .with(Sampler.PRESENCE_PENALTY, 0, 1);

  private final String url;
  private final OpenAiProtocol ranking;

  /**
   * @param url such as {@code https://api.cohere.com/v2}
   */
  public CohereProtocol(URI url) {
    this.url = Objects.requireNonNull(url, "url").toString();
    this.ranking = new OpenAiProtocol(url);
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Text _ -> Optional.of("completion of plain text");
      case Prompt.Infill _ -> Optional.of("infill");
      case Prompt.Ranking _ -> Optional.empty();
      case Prompt.Embedding embedding -> inputs(embedding);
      case Prompt.Chat chat ->
          FIELDS.lacks(request).or(() -> format(request, chat)).or(() -> tools(chat));
    };
  }

  private static Optional<String> inputs(Prompt.Embedding embedding) {
    if (embedding.inputs().stream().anyMatch(Prompt.Input.OfTokens.class::isInstance)) {
      return Optional.of("vectors of tokens");
    }
    return embedding.inputs().size() > INPUTS_MAX
        ? Optional.of("room for more than %d inputs".formatted(INPUTS_MAX))
        : Optional.empty();
  }

  private static Optional<String> format(InferenceRequest request, Prompt.Chat chat) {
    return switch (request.format()) {
      case OutputFormat.Text _, OutputFormat.Grammar _ -> Optional.empty();
      case OutputFormat.JsonObject _, OutputFormat.JsonSchema _ ->
          chat.tools().isEmpty() ? Optional.empty() : Optional.of("JSON answers beside tools");
    };
  }

  private static Optional<String> tools(Prompt.Chat chat) {
    return !chat.tools().isEmpty() && chat.toolChoice() instanceof ToolChoice.Named
        ? Optional.of("way to ask for one tool by its name")
        : Optional.empty();
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) throws InferenceException {
    return switch (request.prompt()) {
      case Prompt.Ranking _ -> ranking.encode(request, model);
      case Prompt.Embedding embedding ->
          Outgoing.json(
              URI.create(url + "/embed"),
              "application/json",
              CohereRequest.embed(embedding, request.extras(), model));
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ ->
          Outgoing.json(
              URI.create(url + "/chat"),
              "text/event-stream, application/json",
              CohereRequest.chat(FIELDS.within(request), model));
    };
  }

  /** Cohere's form of ranking is the one that OpenAI-compatible servers took over. */
  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return switch (request.prompt()) {
      case Prompt.Ranking _ -> ranking.reading(request, promptTokensEstimate);
      case Prompt.Embedding embedding -> new CohereVectors(embedding, promptTokensEstimate);
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ -> new CohereEvents(promptTokensEstimate);
    };
  }

  /** There are no codes: the words are compared and never shown. */
  @Override
  public Rejection rejection(JsonNode body) {
    String message = body.path("message").asText("");
    return message.contains("too many tokens") || message.contains("too long")
        ? Rejection.CONTEXT_TOO_LONG
        : Rejection.OTHER;
  }

  /** A trial key has calls for a month. */
  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return body.path("message").asText("").contains("/ month");
  }
}
