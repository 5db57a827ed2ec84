package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The two surfaces that ask for text, and what differs in their JSON. */
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
  };

  private final String idPrefix;
  private final String wholeObject;
  private final String chunkObject;

  Surface(String idPrefix, String wholeObject, String chunkObject) {
    this.idPrefix = idPrefix;
    this.wholeObject = wholeObject;
    this.chunkObject = chunkObject;
  }

  abstract ApiRequest read(String id, ObjectNode body) throws ApiException;

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
