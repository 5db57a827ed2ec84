package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Usage;
import java.io.IOException;

/** The surfaces that ask for text, and what differs in their JSON. */
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
  MESSAGES(Dialect.ANTHROPIC, "msg_") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return MessageRequests.read(id, body);
    }

    @Override
    AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
      return new MessageFrames(
          exchange.id(), asked.request().model(), atStart(exchange, soFar), asked.showsReasoning());
    }
  };

  private final Dialect dialect;
  private final String idPrefix;

  Surface(Dialect dialect, String idPrefix) {
    this.dialect = dialect;
    this.idPrefix = idPrefix;
  }

  abstract ApiRequest read(String id, ObjectNode body) throws ApiException;

  /**
   * Begins a streamed answer.
   *
   * @param soFar what is known of its usage at the first output
   */
  AnswerFrames frames(Exchange exchange, ApiRequest asked, Usage soFar) throws IOException {
    return new SseFrames(
        this, exchange.id(), asked.request().model(), exchange.arrival(), asked.includeUsage());
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
