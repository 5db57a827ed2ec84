package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The surfaces that ask for inference, and how each reads a body. */
enum Surface {
  CHAT(Dialect.OPENAI, "/v1/chat/completions", "chatcmpl-"),
  COMPLETION(Dialect.OPENAI, "/v1/completions", "cmpl-"),
  INFILL(Dialect.OPENAI, "/infill", "infill-"),
  RESPONSES(Dialect.OPENAI, "/v1/responses", "resp_"),
  MESSAGES(Dialect.ANTHROPIC, MessageJson.PATH, "msg_"),
  EMBEDDINGS(Dialect.OPENAI, "/v1/embeddings", "embd-"),
  RERANK(Dialect.OPENAI, "/v1/rerank", "rerank-");

  private final Dialect dialect;
  private final String path;
  private final String idPrefix;

  Surface(Dialect dialect, String path, String idPrefix) {
    this.dialect = dialect;
    this.path = path;
    this.idPrefix = idPrefix;
  }

  /** The surface at a path of the API, if it asks for inference. */
  static Optional<Surface> at(String path) {
    return Arrays.stream(values()).filter(surface -> surface.path.equals(path)).findFirst();
  }

  /** Where the surfaces are, the usual one first. */
  static List<String> paths() {
    return Arrays.stream(values()).map(Surface::path).toList();
  }

  ApiRequest read(String id, ObjectNode body) throws ApiException {
    return switch (this) {
      case CHAT -> ChatRequests.read(id, body);
      case COMPLETION -> CompletionRequests.read(id, body);
      case INFILL -> InfillRequests.read(id, body);
      case RESPONSES -> ResponseRequests.read(id, body);
      case MESSAGES -> MessageRequests.read(id, body);
      case EMBEDDINGS -> EmbeddingRequests.read(id, body);
      case RERANK -> RerankRequests.read(id, body);
    };
  }

  Dialect dialect() {
    return dialect;
  }

  /** Where it takes POST. */
  String path() {
    return path;
  }

  String answerId(String requestId) {
    return idPrefix + requestId;
  }
}
