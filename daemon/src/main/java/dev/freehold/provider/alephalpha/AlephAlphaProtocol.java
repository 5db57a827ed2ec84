package dev.freehold.provider.alephalpha;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.ApiFields;
import dev.freehold.provider.remote.ApiFields.Promise;
import dev.freehold.provider.remote.ApiFields.Sampler;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Optional;

/** PhariaAI's inference API: OpenAI's form, less what it says that it lacks. */
public final class AlephAlphaProtocol implements Protocol {

  private static final ApiFields FIELDS =
      ApiFields.keeping(Promise.LOGPROBS, Promise.LOGIT_BIAS)
          .with(
              Sampler.TEMPERATURE,
              Sampler.TOP_P,
              Sampler.FREQUENCY_PENALTY,
              Sampler.PRESENCE_PENALTY);

  private final OpenAiProtocol openAi;

  /**
   * @param url such as {@code https://api.aleph-alpha.com/v1}
   */
  public AlephAlphaProtocol(URI url) {
    this.openAi = new OpenAiProtocol(url);
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Text _ -> Optional.of("completion of plain text in OpenAI's form");
      case Prompt.Infill _ -> Optional.of("infill");
      case Prompt.Embedding _, Prompt.Ranking _ -> Optional.empty();
      case Prompt.Chat _ -> FIELDS.lacks(request);
    };
  }

  /** Of fields that it does not know, the API rejects some: none are passed on. */
  @Override
  public Outgoing encode(InferenceRequest request, String model) {
    return openAi.encode(FIELDS.within(request).withExtras(Extras.NONE), model);
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return openAi.reading(request, promptTokensEstimate);
  }

  @Override
  public Rejection rejection(JsonNode body) {
    return openAi.rejection(body);
  }

  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return openAi.isQuotaUsedUp(body);
  }
}
