package dev.freehold.provider.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.ApiFields;
import dev.freehold.provider.remote.ApiFields.Sampler;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.PercentEncoding;
import dev.freehold.provider.remote.Protocol;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * Bedrock's ConverseStream, which is one form for the models of many vendors. What a single vendor
 * has beyond it ({@code top_k}, thinking budgets) is not sent, since which model takes it is not
 * known here.
 */
public final class BedrockProtocol implements Protocol {

  /** The longest list of stop texts that the API takes is far above what clients may send. */
  private static final ApiFields FIELDS =
      ApiFields.keeping().with(Sampler.TEMPERATURE, 0, 1).with(Sampler.TOP_P);

  private final String url;

  /**
   * @param url such as {@code https://bedrock-runtime.eu-central-1.amazonaws.com}
   */
  public BedrockProtocol(URI url) {
    this.url = Objects.requireNonNull(url, "url").toString();
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Text _ -> Optional.of("completion of plain text");
      case Prompt.Infill _ -> Optional.of("infill");
      case Prompt.Embedding _ -> Optional.of("embeddings");
      case Prompt.Ranking _ -> Optional.of("ranking of documents");
      case Prompt.Chat chat -> FIELDS.lacks(request).or(() -> tools(chat)).or(() -> images(chat));
    };
  }

  private static Optional<String> tools(Prompt.Chat chat) {
    boolean called = chat.messages().stream().anyMatch(BedrockProtocol::isOfTools);
    if (chat.tools().isEmpty()) {
      return called
          ? Optional.of("conversation with tool calls that offers no tools")
          : Optional.empty();
    }
    if (chat.toolChoice() instanceof ToolChoice.None && called) {
      return Optional.of("way to forbid tools once they were called");
    }
    return Optional.empty();
  }

  private static boolean isOfTools(Message message) {
    return message.role() == Message.Role.TOOL || !message.toolCalls().isEmpty();
  }

  private static Optional<String> images(Prompt.Chat chat) {
    for (Image image : chat.images()) {
      if (BedrockRequest.imageFormat(image.mediaType()).isEmpty()) {
        return Optional.of("images other than PNG, JPEG, GIF and WebP");
      }
    }
    return Optional.empty();
  }

  @Override
  public Outgoing encode(InferenceRequest request, String model) throws InferenceException {
    URI uri = URI.create(url + "/model/" + PercentEncoding.segment(model) + "/converse-stream");
    return Outgoing.json(
        uri, BedrockEvents.CONTENT_TYPE, BedrockRequest.encode(FIELDS.within(request)));
  }

  @Override
  public Reading reading(InferenceRequest request, int promptTokensEstimate) {
    return new BedrockEvents(promptTokensEstimate);
  }

  /** There is no code for it: the words are compared and never shown. */
  @Override
  public Rejection rejection(JsonNode body) {
    String message = body.path("message").asText("");
    return message.contains("too long") || message.contains("maximum context length")
        ? Rejection.CONTEXT_TOO_LONG
        : Rejection.OTHER;
  }

  /** Quotas are by minute and by day here, and each of them ends by waiting. */
  @Override
  public boolean isQuotaUsedUp(JsonNode body) {
    return false;
  }
}
