package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;

/** The surfaces that ask for text, and what differs in their JSON. */
enum Surface {
  CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return ChatRequests.read(id, body);
    }
  },
  COMPLETION("cmpl-", "text_completion", "text_completion") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return CompletionRequests.read(id, body);
    }
  },
  RESPONSES("resp_", "response", "response") {
    @Override
    ApiRequest read(String id, ObjectNode body) throws ApiException {
      return ResponseRequests.read(id, body);
    }

    @Override
    AnswerBody whole(String requestId, ApiRequest asked) {
      return new ResponseBody(requestId, asked.echo());
    }

    @Override
    AnswerFrames frames(String requestId, Instant created, ApiRequest asked) throws IOException {
      return new ResponseFrames(requestId, asked.request().model(), created, asked.echo());
    }
  };

  private final String idPrefix;
  private final String wholeObject;
  private final String chunkObject;

  Surface(String idPrefix, String wholeObject, String chunkObject) {
    this.idPrefix = idPrefix;
    this.wholeObject = wholeObject;
    this.chunkObject = chunkObject;
  }

  /** The surface that a body is meant for, by the field that it alone requires. */
  static Surface of(ObjectNode body) {
    if (body.has("input")) {
      return RESPONSES;
    }
    return body.has("prompt") ? COMPLETION : CHAT;
  }

  abstract ApiRequest read(String id, ObjectNode body) throws ApiException;

  AnswerBody whole(String requestId, ApiRequest asked) {
    return new WholeAnswer(this);
  }

  AnswerFrames frames(String requestId, Instant created, ApiRequest asked) throws IOException {
    return new SseFrames(this, requestId, asked.request().model(), created, asked.includeUsage());
  }

  String answerId(String requestId) {
    return idPrefix + requestId;
  }

  String wholeObject() {
    return wholeObject;
  }

  String chunkObject() {
    return chunkObject;
  }
}
