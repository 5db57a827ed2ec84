package dev.freehold.provider.alephalpha;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.SamplingNeeds;
import dev.freehold.provider.remote.SamplingNeeds.Setting;
import java.net.URI;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** PhariaAI's inference API: OpenAI's form, less what it says that it lacks. */
public final class AlephAlphaProtocol implements Protocol {

  private static final Set<Setting> SETTINGS =
      EnumSet.of(
          Setting.TEMPERATURE,
          Setting.TOP_P,
          Setting.FREQUENCY_PENALTY,
          Setting.PRESENCE_PENALTY,
          Setting.LOGIT_BIAS);

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
      case Prompt.Chat chat ->
          format(request.format())
              .or(() -> tools(chat))
              .or(() -> SamplingNeeds.beyond(request.sampling(), SETTINGS, Integer.MAX_VALUE));
    };
  }

  private static Optional<String> format(OutputFormat format) {
    return switch (format) {
      case OutputFormat.Text _, OutputFormat.JsonSchema _ -> Optional.empty();
      case OutputFormat.JsonObject _ -> Optional.of("JSON without a schema");
      case OutputFormat.Grammar _ -> Optional.of("grammars");
    };
  }

  private static Optional<String> tools(Prompt.Chat chat) {
    return chat.tools().isEmpty() || chat.parallelToolCalls()
        ? Optional.empty()
        : Optional.of("way to forbid several tool calls at once");
  }

  /** Of fields that it does not know, the API rejects some: none are passed on. */
  @Override
  public Outgoing encode(InferenceRequest request, String model) {
    return openAi.encode(request.withExtras(Extras.NONE), model);
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
