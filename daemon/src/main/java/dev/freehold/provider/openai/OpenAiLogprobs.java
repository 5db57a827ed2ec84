package dev.freehold.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.TokenLogprob;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads what a provider says of the likelihood of its tokens, in either of OpenAI's two forms. */
final class OpenAiLogprobs {

  private OpenAiLogprobs() {}

  static List<TokenLogprob> read(JsonNode logprobs) {
    if (logprobs.path("content").isArray()) {
      return tokens(logprobs.path("content"), true);
    }
    List<TokenLogprob> tokens = new ArrayList<>();
    JsonNode texts = logprobs.path("tokens");
    for (int i = 0; i < texts.size(); i++) {
      List<TokenLogprob> alternatives = new ArrayList<>();
      for (Map.Entry<String, JsonNode> other : logprobs.path("top_logprobs").path(i).properties()) {
        if (alternatives.size() < TokenLogprob.ALTERNATIVES_MAX) {
          alternatives.add(
              new TokenLogprob(utf8(other.getKey()), other.getValue().asDouble(), List.of()));
        }
      }
      double logprob = logprobs.path("token_logprobs").path(i).asDouble();
      tokens.add(new TokenLogprob(utf8(texts.get(i).asText("")), logprob, alternatives));
    }
    return tokens;
  }

  private static List<TokenLogprob> tokens(JsonNode array, boolean withAlternatives) {
    List<TokenLogprob> tokens = new ArrayList<>();
    for (JsonNode token : array) {
      if (!withAlternatives && tokens.size() == TokenLogprob.ALTERNATIVES_MAX) {
        break;
      }
      tokens.add(
          new TokenLogprob(
              token.path("bytes").isArray()
                  ? bytes(token.path("bytes"))
                  : utf8(token.path("token").asText("")),
              token.path("logprob").asDouble(),
              withAlternatives ? tokens(token.path("top_logprobs"), false) : List.of()));
    }
    return tokens;
  }

  private static List<Byte> bytes(JsonNode array) {
    List<Byte> bytes = new ArrayList<>(array.size());
    for (JsonNode b : array) {
      bytes.add((byte) b.asInt());
    }
    return bytes;
  }

  private static List<Byte> utf8(String text) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(b);
    }
    return bytes;
  }
}
