package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.TokenLogprob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes how likely tokens were, as OpenAI's surfaces have it. */
final class LogprobJson {

  private LogprobJson() {}

  /** A choice's object on the chat surface. */
  static void chat(JsonGenerator json, List<TokenLogprob> tokens) throws IOException {
    json.writeStartObject();
    json.writeFieldName("content");
    array(json, tokens);
    json.writeNullField("refusal");
    json.writeEndObject();
  }

  /** The tokens with their bytes and alternatives, as chat and responses have them. */
  static void array(JsonGenerator json, List<TokenLogprob> tokens) throws IOException {
    json.writeStartArray();
    for (TokenLogprob token : tokens) {
      json.writeStartObject();
      token(json, token);
      json.writeArrayFieldStart("top_logprobs");
      for (TokenLogprob other : token.alternatives()) {
        json.writeStartObject();
        token(json, other);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void token(JsonGenerator json, TokenLogprob token) throws IOException {
    json.writeStringField("token", text(token));
    json.writeNumberField("logprob", finite(token.logprob()));
    json.writeArrayFieldStart("bytes");
    for (byte b : token.utf8()) {
      json.writeNumber(b & 0xFF);
    }
    json.writeEndArray();
  }

  /**
   * A choice's object on the surface of plain completions.
   *
   * @param offset characters of the answer before the first of the tokens
   * @param alternatives whether the client asked for alternatives at all
   */
  static void completion(
      JsonGenerator json, List<TokenLogprob> tokens, int offset, boolean alternatives)
      throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("tokens");
    for (TokenLogprob token : tokens) {
      json.writeString(text(token));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("token_logprobs");
    for (TokenLogprob token : tokens) {
      json.writeNumber(finite(token.logprob()));
    }
    json.writeEndArray();
    json.writeFieldName("top_logprobs");
    if (alternatives) {
      json.writeStartArray();
      for (TokenLogprob token : tokens) {
        alternatives(json, token);
      }
      json.writeEndArray();
    } else {
      json.writeNull();
    }
    json.writeArrayFieldStart("text_offset");
    int at = offset;
    for (TokenLogprob token : tokens) {
      json.writeNumber(at);
      at += characters(token);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Several tokens that are parts of characters may look the same: the likeliest is told. */
  private static void alternatives(JsonGenerator json, TokenLogprob token) throws IOException {
    Map<String, Double> told = new LinkedHashMap<>();
    for (TokenLogprob other : token.alternatives()) {
      told.putIfAbsent(text(other), finite(other.logprob()));
    }
    json.writeStartObject();
    for (Map.Entry<String, Double> other : told.entrySet()) {
      json.writeNumberField(other.getKey(), other.getValue());
    }
    json.writeEndObject();
  }

  /** JSON has no infinity; OpenAI writes this for what cannot be. */
  private static double finite(double logprob) {
    return Math.max(-9999.0, logprob);
  }

  /** The characters that begin in tokens, which counts each once where tokens cut some. */
  static int characters(List<TokenLogprob> tokens) {
    return tokens.stream().mapToInt(LogprobJson::characters).sum();
  }

  private static int characters(TokenLogprob token) {
    int characters = 0;
    for (byte b : token.utf8()) {
      // The other bytes of a character are 10xxxxxx (RFC 3629).
      characters += (b & 0xC0) == 0x80 ? 0 : 1;
    }
    return characters;
  }

  /** What is no whole character shows as U+FFFD; the bytes beside it tell the truth. */
  private static String text(TokenLogprob token) {
    byte[] bytes = new byte[token.utf8().size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = token.utf8().get(i);
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
