package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Usage;
import java.io.IOException;

/** The surfaces that ask for inference, and what differs in their JSON. */
enum Surface {
  CHAT(Dialect.OPENAI, "chatcmpl-") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return ChatRequests.read(id, body);
    }
  },
  COMPLETION(Dialect.OPENAI, "cmpl-") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return CompletionRequests.read(id, body);
    }
  },
  INFILL(Dialect.OPENAI, "infill-") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return InfillRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new InfillBody(asked);
    }

    @Override
    AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
      return new InfillFrames(asked);
    }
  },
  RESPONSES(Dialect.OPENAI, "resp_") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return ResponseRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new ResponseBody(requestId, asked.echo());
    }

    @Override
    AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
      return new ResponseFrames(
          exchange.id(), asked.request().model(), exchange.arrival(), asked.echo());
    }
  },
  MESSAGES(Dialect.ANTHROPIC, "msg_") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return MessageRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new MessageBody(asked);
    }

    @Override
    AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
      return new MessageFrames(exchange.id(), asked, atStart(exchange, soFar));
    }
  },
  EMBEDDINGS(Dialect.OPENAI, "embd-") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return EmbeddingRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new EmbeddingAnswer(asked);
    }
  },
  RERANK(Dialect.OPENAI, "rerank-") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return RerankRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new RankingAnswer(asked);
    }
  };

  private final Dialect dialect;
  private final String idPrefix;

  Surface(Dialect dialect, String idPrefix) {
    this.dialect = dialect;
    this.idPrefix = idPrefix;
  }

  /**
   * The surface that a body is meant for, by a field that it alone has. A body of messages without
   * one means the same on both surfaces that take it.
   */
  static Surface of(ObjectNode body) {
    if (body.has("documents")) {
      return RERANK;
    }
    if (body.has("encoding_format") || body.has("dimensions")) {
      return EMBEDDINGS;
    }
    if (body.has("input")) {
      return RESPONSES;
    }
    if (body.has("input_prefix") || body.has("input_suffix")) {
      return INFILL;
    }
    if (body.has("system") || body.at("/tools/0/input_schema").isObject()) {
      return MESSAGES;
    }
    return body.has("prompt") ? COMPLETION : CHAT;
  }

  abstract ApiRequest read(String id, ObjectNode body) throws ApiException;

  /** Begins a whole answer. */
  AnswerBody whole(String requestId, ApiRequest asked) {
    return new WholeAnswer(this, asked);
  }

  /**
   * Begins a streamed answer.
   *
   * @param soFar what is known of its usage at the first output
   */
  AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
    return new SseFrames(this, exchange.id(), asked, exchange.arrival());
  }

  Dialect dialect() {
    return dialect;
  }

  String answerId(String requestId) {
    return idPrefix + requestId;
  }

  /** A provider that counts at the end only leaves us with what routing counted. */
  private static Usage atStart(Exchange exchange, Usage soFar) {
    return soFar.promptTokens() > 0
        ? soFar
        : new Usage(exchange.decision().orElseThrow().facts().promptTokens(), 0, 0);
  }
}
