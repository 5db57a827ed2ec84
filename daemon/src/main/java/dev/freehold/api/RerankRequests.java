package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Reads the body of {@code POST /v1/rerank}, which Jina, Cohere and llama-server have alike. */
final class RerankRequests {

  static final int DOCUMENTS_MAX = 2_048;
  static final int QUERY_CHARACTERS_MAX = 65_536;

  private RerankRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    String model = fields.requiredText("model");
    String query = fields.requiredText("query");
    if (query.isEmpty() || query.length() > QUERY_CHARACTERS_MAX) {
      throw ApiErrors.wrongParam(
          "query",
          "'query' must have 1 to %d characters, found %d."
              .formatted(QUERY_CHARACTERS_MAX, query.length()));
    }
    List<String> documents = documents(fields);
    OptionalInt topN = fields.integer("top_n", 1, Integer.MAX_VALUE);
    boolean returnDocuments = fields.flag("return_documents", false);
    return new ApiRequest(
        EmbeddingRequests.request(id, model, new Prompt.Ranking(query, documents)),
        new AnswerShape.Ranking(topN.orElse(documents.size()), returnDocuments));
  }

  private static List<String> documents(Fields fields) throws ApiException {
    JsonNode array = fields.raw("documents");
    if (!array.isArray()) {
      throw fields.wrong("documents", "an array of strings or of objects with 'text'", array);
    }
    if (array.isEmpty() || array.size() > DOCUMENTS_MAX) {
      throw ApiErrors.wrongParam(
          "documents",
          "'documents' must hold 1 to %d documents, found %d."
              .formatted(DOCUMENTS_MAX, array.size()));
    }
    List<String> documents = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      JsonNode text = array.get(i).isObject() ? array.get(i).path("text") : array.get(i);
      if (!text.isTextual()) {
        String name = "documents[%d]".formatted(i);
        throw ApiErrors.wrongParam(
            name,
            "'%s' must be a string or an object with the string 'text', found something else."
                .formatted(name));
      }
      documents.add(text.textValue());
    }
    return documents;
  }
}
