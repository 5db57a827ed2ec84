package dev.freehold.provider.azure;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.ApiFields;
import dev.freehold.provider.remote.ApiFields.Promise;
import dev.freehold.provider.remote.ApiFields.Sampler;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.PercentEncoding;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * Azure OpenAI. With an API version, a model's deployment stands in the path: {@code
 * /openai/deployments/NAME/chat/completions?api-version=…}. Without one, the newer v1 API is
 * spoken, which has no dated versions: {@code /openai/v1/chat/completions}, the deployment's name
 * as the model.
 */
public final class AzureProtocol implements Protocol {

  private static final String V1 = "/openai/v1";

  /** Azure refuses a request that has a field it does not know. */
  private static final ApiFields FIELDS =
      ApiFields.keeping(
              Promise.JSON_OBJECT, Promise.LOGPROBS, Promise.LOGIT_BIAS, Promise.ONE_CALL_AT_A_TIME)
          .withStopsMax(4)
          .with(
              Sampler.TEMPERATURE,
              Sampler.TOP_P,
              Sampler.FREQUENCY_PENALTY,
              Sampler.PRESENCE_PENALTY,
              Sampler.SEED);

  private final String url;
  private final Optional<String> apiVersion;
  private final OpenAiProtocol openAi;

  /**
   * @param url of the resource, such as {@code https://NAME.openai.azure.com}
   * @param apiVersion a dated version; absent for v1
   */
  public AzureProtocol(URI url, Optional<String> apiVersion) {
    String text = Objects.requireNonNull(url, "url").toString();
    this.url = text.endsWith(V1) ? text.substring(0, text.length() - V1.length()) : text;
    this.apiVersion = Objects.requireNonNull(apiVersion, "apiVersion");
    this.openAi = new OpenAiProtocol(URI.create(this.url + V1));
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (Ability.of(request.prompt())) {
      case RERANK -> Optional.of("ranking of documents");
      case INFILL -> Optional.of("infill");
      case EMBEDDINGS -> Optional.empty();
      case CHAT, COMPLETION, TOOLS, VISION -> FIELDS.lacks(request);
    };
  }

  @Override
  public Outgoing encode(InferenceRequest asked, String model) {
    InferenceRequest request = FIELDS.within(asked);
    if (apiVersion.isEmpty()) {
      return openAi.encode(request, model);
    }
    URI deployment = URI.create(url + "/openai/deployments/" + PercentEncoding.segment(model));
    Outgoing encoded = new OpenAiProtocol(deployment).encode(request, model);
    String query = "?api-version=" + PercentEncoding.segment(apiVersion.get());
    return new Outgoing(URI.create(encoded.uri() + query), encoded.headers(), encoded.body());
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return openAi.reading(request, promptTokensEstimate);
  }

  /** Its content filter says so by a code, or by one within the error. */
  @Override
  public Rejection rejection(JsonNode body) {
    String inner = body.path("error").path("innererror").path("code").asText("");
    return inner.equals("ResponsibleAIPolicyViolation")
        ? Rejection.CONTENT_REFUSED
        : openAi.rejection(body);
  }

  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return openAi.isQuotaUsedUp(body);
  }
}
