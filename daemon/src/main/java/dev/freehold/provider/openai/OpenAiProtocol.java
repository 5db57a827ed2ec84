package dev.freehold.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.Reply;
import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/** OpenAI's API at a base URL. */
public final class OpenAiProtocol implements Protocol {

  private final String baseUrl;

  /**
   * @param baseUrl what paths such as {@code /chat/completions} are appended to
   */
  public OpenAiProtocol(URI baseUrl) {
    this.baseUrl = Objects.requireNonNull(baseUrl, "baseUrl").toString();
  }

  /** Servers of this kind differ: what one lacks, its policy says. */
  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return Optional.empty();
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) {
    String path =
        switch (request.prompt()) {
          case Prompt.Chat _ -> "/chat/completions";
          case Prompt.Text _, Prompt.Infill _ -> "/completions";
          case Prompt.Embedding _ -> "/embeddings";
          case Prompt.Ranking _ -> "/rerank";
        };
    // A refusal is JSON in any case.
    String accept =
        OpenAiVectors.areAsked(request)
            ? "application/json"
            : "text/event-stream, application/json";
    return Outgoing.json(URI.create(baseUrl + path), accept, OpenAiRequest.encode(request, model));
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return OpenAiVectors.areAsked(request)
        ? new VectorReading(OpenAiVectors.of(request, promptTokensEstimate))
        : new OpenAiText(promptTokensEstimate);
  }

  /**
   * OpenAI and most others tell of a prompt that is too long by a code, llama.cpp's server by a
   * type. vLLM and its kin tell it in words only, which are compared and never passed on.
   */
  @Override
  public Rejection rejection(JsonNode body) {
    JsonNode error = body.path("error").isObject() ? body.path("error") : body;
    if (error.path("type").asText("").equals("exceed_context_size_error")
        || error.path("message").asText("").contains("maximum context length")) {
      return Rejection.CONTEXT_TOO_LONG;
    }
    return switch (code(body)) {
      case "context_length_exceeded" -> Rejection.CONTEXT_TOO_LONG;
      case "content_filter", "content_policy_violation" -> Rejection.CONTENT_REFUSED;
      default -> Rejection.OTHER;
    };
  }

  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return code(body).equals("insufficient_quota");
  }

  private static String code(JsonNode body) {
    return body.path("error").path("code").asText("");
  }

  private record VectorReading(OpenAiVectors vectors) implements Reading {

    @Override
    public String contentType() {
      return "application/json";
    }

    @Override
    public void read(Reply reply, Sink sink)
        throws IOException, BrokenAnswer, InterruptedException {
      vectors.read(reply.body(), sink);
    }

    @Override
    public Usage usage() {
      return vectors.usage();
    }
  }
}
