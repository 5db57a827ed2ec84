package dev.freehold.provider.gemini;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import dev.freehold.provider.remote.ServerSentEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Reads a streamed answer: each event is a response of its own with more parts; the last has the
 * reason. Nothing else marks the end, so the stream is read until it closes.
 */
final class GeminiAnswer implements Protocol.Reading {

  private final String requestId;
  private final boolean withLogprobs;
  private final int promptTokensEstimate;
  private volatile Usage usage = Usage.NONE;

  // The pump's own.
  private boolean isCounted;
  private int calls;
  private Optional<String> reason = Optional.empty();

  /**
   * Nothing read yet.
   *
   * @param promptTokensEstimate taken until the provider says its own number
   */
  GeminiAnswer(InferenceRequest request, int promptTokensEstimate) {
    this.requestId = request.id();
    this.withLogprobs = request.logprobs().isPresent();
    this.promptTokensEstimate = promptTokensEstimate;
  }

  @Override
  public String contentType() {
    return "text/event-stream";
  }

  @Override
  public Usage usage() {
    return usage;
  }

  @Override
  public void read(Reply reply, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    ServerSentEvents events = new ServerSentEvents(reply.body());
    while (events.advance()) {
      response(RemoteJson.object(events), sink);
    }
    if (reason.isEmpty()) {
      throw new BrokenAnswer("broke off before the end of its answer");
    }
    sink.put(new InferenceEvent.Finished(finishReason(reason.get()), usage));
  }

  private void response(JsonNode response, Protocol.Sink sink)
      throws BrokenAnswer, InterruptedException {
    if (response.hasNonNull("error")) {
      throw failure(response.path("error").path("status").asText(""));
    }
    count(response.path("usageMetadata"));
    if (response.path("promptFeedback").hasNonNull("blockReason")) {
      throw new BrokenAnswer(Kind.PROVIDER_REFUSED, "refuses this content");
    }
    JsonNode candidate = response.path("candidates").path(0);
    if (withLogprobs) {
      List<TokenLogprob> logprobs = logprobs(candidate.path("logprobsResult"));
      if (!logprobs.isEmpty()) {
        sink.put(new InferenceEvent.Logprobs(logprobs));
      }
    }
    for (JsonNode part : candidate.path("content").path("parts")) {
      part(part, sink);
    }
    if (candidate.path("finishReason").isTextual()) {
      reason = Optional.of(candidate.path("finishReason").textValue());
    }
  }

  private void part(JsonNode part, Protocol.Sink sink) throws InterruptedException {
    String text = part.path("text").asText("");
    if (!text.isEmpty()) {
      piece();
      sink.put(
          part.path("thought").asBoolean(false)
              ? new InferenceEvent.ReasoningDelta(text)
              : new InferenceEvent.TextDelta(text));
    }
    JsonNode call = part.path("functionCall");
    if (call.isObject()) {
      piece();
      String id = call.path("id").asText("");
      sink.put(
          new InferenceEvent.ToolCallDelta(
              calls,
              Optional.of(id.isEmpty() ? madeUpId(calls) : id),
              Optional.of(call.path("name").asText("")),
              call.path("args").isObject() ? call.path("args").toString() : "{}"));
      calls++;
    }
  }

  /**
   * Many models give no ids. One must be different from those of the conversation's other turns.
   */
  private String madeUpId(int call) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((requestId + ":" + call).getBytes(StandardCharsets.UTF_8));
      return "call_" + HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /** A token for each piece, until the provider says its own number. */
  private void piece() {
    if (!isCounted) {
      usage = new Usage(promptTokensEstimate, 0, usage.completionTokens() + 1);
    }
  }

  /** Each response counts all so far. Thoughts are generated tokens, counted apart there. */
  private void count(JsonNode said) {
    if (!said.isObject()) {
      return;
    }
    isCounted = true;
    usage =
        new Usage(
            sum(said, "promptTokenCount", "toolUsePromptTokenCount"),
            RemoteJson.tokens(said.path("cachedContentTokenCount")),
            sum(said, "candidatesTokenCount", "thoughtsTokenCount"));
  }

  private static int sum(JsonNode said, String one, String other) {
    long sum = (long) RemoteJson.tokens(said.path(one)) + RemoteJson.tokens(said.path(other));
    return (int) Math.min(Integer.MAX_VALUE, sum);
  }

  private static List<TokenLogprob> logprobs(JsonNode result) {
    List<TokenLogprob> tokens = new ArrayList<>();
    for (JsonNode chosen : result.path("chosenCandidates")) {
      List<TokenLogprob> alternatives = new ArrayList<>();
      JsonNode others = result.path("topCandidates").path(tokens.size()).path("candidates");
      for (JsonNode other : others) {
        if (alternatives.size() < TokenLogprob.ALTERNATIVES_MAX) {
          alternatives.add(logprob(other, List.of()));
        }
      }
      tokens.add(logprob(chosen, alternatives));
    }
    return tokens;
  }

  private static TokenLogprob logprob(JsonNode candidate, List<TokenLogprob> alternatives) {
    List<Byte> utf8 = new ArrayList<>();
    for (byte b : candidate.path("token").asText("").getBytes(StandardCharsets.UTF_8)) {
      utf8.add(b);
    }
    return new TokenLogprob(utf8, candidate.path("logProbability").asDouble(), alternatives);
  }

  /** A reason that is not known is no good end: the answer may be cut. */
  private FinishReason finishReason(String text) throws BrokenAnswer {
    return switch (text) {
      case "STOP", "FINISH_REASON_UNSPECIFIED" ->
          calls > 0 ? FinishReason.TOOL_CALLS : FinishReason.STOP;
      case "MAX_TOKENS" -> FinishReason.LENGTH;
      case "SAFETY",
          "RECITATION",
          "LANGUAGE",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "MODEL_ARMOR",
          "IMAGE_SAFETY",
          "IMAGE_PROHIBITED_CONTENT",
          "IMAGE_RECITATION" ->
          FinishReason.CONTENT_FILTER;
      default -> throw new BrokenAnswer("broke off its answer");
    };
  }

  private static BrokenAnswer failure(String status) {
    return switch (status) {
      case "RESOURCE_EXHAUSTED" ->
          new BrokenAnswer(Kind.PROVIDER_LIMITED, "broke off: its limit is reached");
      case "PERMISSION_DENIED", "UNAUTHENTICATED" ->
          new BrokenAnswer(
              Kind.PROVIDER_REFUSED,
              "broke off with a refusal. The operator should check its credential");
      case "UNAVAILABLE" -> new BrokenAnswer("is overloaded and broke off");
      default -> new BrokenAnswer("broke off with an error");
    };
  }
}
