package dev.freehold.chat;

import dev.freehold.engine.EmbeddingRequest;
import dev.freehold.engine.EngineException;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenPack;
import java.util.List;
import java.util.Optional;

/** Puts texts to be embedded, and pairs to be scored, into one model's tokens. */
public final class InputFormat {

  /** Where a model's file keeps how it wants a query and a document to be put. */
  private static final String PAIR_TEMPLATE = "tokenizer.chat_template.rerank";

  private static final String QUERY = "{query}";
  private static final String DOCUMENT = "{document}";

  private final Model model;
  private final int tokensMax;
  private final Optional<String> pairTemplate;

  private InputFormat(Model model, int tokensMax) {
    this.model = model;
    this.tokensMax = tokensMax;
    this.pairTemplate = model.metadata(PAIR_TEMPLATE);
  }

  /**
   * The format of one model.
   *
   * @param model stays the caller's to close
   * @param tokensMax the most tokens that one input can have; a longer one ends the rendering, so
   *     that no request makes more tokens than the model could take
   */
  public static InputFormat of(Model model, int tokensMax) {
    return new InputFormat(model, tokensMax);
  }

  /**
   * One sequence an input, in native memory that the caller closes.
   *
   * @throws InferenceException if an input has tokens that are not the model's
   * @throws EngineException if an input is empty or too long
   */
  public TokenPack render(Prompt.Embedding embedding) throws InferenceException, EngineException {
    return packed(pack -> append(pack, embedding.inputs()));
  }

  /**
   * One sequence a document, the query before it, in native memory that the caller closes.
   *
   * @throws EngineException if a pair is too long
   */
  public TokenPack render(Prompt.Ranking ranking) throws InferenceException, EngineException {
    return packed(
        pack -> {
          for (String document : ranking.documents()) {
            appendPair(pack, ranking.query(), document);
            endSequence(pack);
          }
        });
  }

  private interface Content {
    void writeTo(TokenPack pack) throws InferenceException, EngineException;
  }

  private static TokenPack packed(Content content) throws InferenceException, EngineException {
    TokenPack pack = new TokenPack();
    boolean written = false;
    try {
      content.writeTo(pack);
      written = true;
    } finally {
      if (!written) {
        pack.close();
      }
    }
    return pack;
  }

  private void append(TokenPack pack, List<Prompt.Input> inputs)
      throws InferenceException, EngineException {
    for (Prompt.Input input : inputs) {
      switch (input) {
        case Prompt.Input.OfText text -> pack.append(model, text.text(), true, true);
        case Prompt.Input.OfTokens tokens -> appendTokens(pack, tokens.tokens());
      }
      endSequence(pack);
    }
  }

  private void endSequence(TokenPack pack) throws EngineException {
    pack.endSequence();
    EmbeddingRequest.checkInput(pack, pack.sequences() - 1, tokensMax);
  }

  /** A client's own tokens are taken as they stand, with nothing put around them. */
  private void appendTokens(TokenPack pack, List<Integer> tokens) throws InferenceException {
    for (int token : tokens) {
      if (!model.hasToken(token)) {
        throw new InferenceException(
            Kind.INVALID_REQUEST,
            "input %d has a token that is not in the model's vocabulary, which goes from 0 to %d"
                .formatted(pack.sequences(), model.vocabularySize() - 1));
      }
      pack.append(token);
    }
  }

  /** As llama.cpp's server puts a pair: its rerankers are made for that. */
  private void appendPair(TokenPack pack, String query, String document) {
    if (pairTemplate.isPresent()) {
      pack.append(model, filled(pairTemplate.get(), query, document), false, true);
      return;
    }
    int end = model.eosToken() >= 0 ? model.eosToken() : model.sepToken();
    appendIf(pack, model.addsBos(), model.bosToken());
    pack.append(model, query, false, false);
    appendIf(pack, model.addsEos(), end);
    appendIf(pack, model.addsSep(), model.sepToken());
    pack.append(model, document, false, false);
    appendIf(pack, model.addsEos(), end);
  }

  private static void appendIf(TokenPack pack, boolean added, int token) {
    if (added && token >= 0) {
      pack.append(token);
    }
  }

  /** In one pass: a query that holds the mark of the document stays as it is. */
  static String filled(String template, String query, String document) {
    StringBuilder text = new StringBuilder(template.length() + query.length() + document.length());
    int at = 0;
    while (at < template.length()) {
      if (template.startsWith(QUERY, at)) {
        text.append(query);
        at += QUERY.length();
      } else if (template.startsWith(DOCUMENT, at)) {
        text.append(document);
        at += DOCUMENT.length();
      } else {
        text.append(template.charAt(at));
        at++;
      }
    }
    return text.toString();
  }
}
