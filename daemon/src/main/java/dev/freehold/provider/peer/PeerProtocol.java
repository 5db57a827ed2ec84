package dev.freehold.provider.peer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Optional;

/** A box's LAN API, which is OpenAI's form with all that llama.cpp has beside it. */
public final class PeerProtocol implements Protocol {

  /** As the LAN API of every box reads it. */
  static final String LABEL_HEADER = "Freehold-Label";

  private static final String V1 = "/v1";

  private final OpenAiProtocol openAi;

  /**
   * @param base what {@link #baseOf} made of the box's URL
   */
  public PeerProtocol(URI base) {
    this.openAi = new OpenAiProtocol(base);
  }

  /** A box's URL may stand in a policy with or without {@code /v1}. */
  public static URI baseOf(URI url) {
    String path = url.getPath();
    return path == null || path.isEmpty() ? URI.create(url + V1) : url;
  }

  /** Says how sensitive the request was found to be here. The certificate says who asks. */
  public static Authorizer labelled() {
    return (permit, request) -> request.with(LABEL_HEADER, permit.label().text());
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return request.prompt() instanceof Prompt.Infill infill && !infill.context().isEmpty()
        ? Optional.of("place for other files beside the gap")
        : Optional.empty();
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) {
    return openAi.encode(request, model);
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
