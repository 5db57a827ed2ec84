package dev.freehold.api;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** How an answer is to be sent: in which form, and what of the request decides over the form. */
sealed interface AnswerShape {

  /** How many answers to the one prompt are wanted. */
  default int answers() {
    return 1;
  }

  /** Begins a whole answer. */
  AnswerBody whole(InferenceRequest request);

  /** A form that has events, too. */
  sealed interface Streamable extends AnswerShape {

    /** Whether to send server-sent events. */
    boolean stream();

    /**
     * Begins a streamed answer.
     *
     * @param soFar what is known of its usage at the first output
     */
    AnswerFrames frames(Exchange exchange, InferenceRequest request, Usage soFar)
        throws IOException;
  }

  /**
   * OpenAI's chat or plain completion.
   *
   * @param surface which of the two
   * @param includeUsage whether a stream ends with the tokens used
   * @param serviceTier the tier that the answer names, if the client asked for one
   */
  record Completion(
      Surface surface,
      boolean stream,
      boolean includeUsage,
      int answers,
      Optional<String> serviceTier)
      implements Streamable {

    /** OpenAI allows 128; each of them takes a slot of the engine. */
    static final int ANSWERS_MAX = 8;

    public Completion {
      Objects.requireNonNull(surface, "surface");
      Objects.checkIndex(answers - 1, ANSWERS_MAX);
      Objects.requireNonNull(serviceTier, "serviceTier");
    }

    @Override
    public AnswerBody whole(InferenceRequest request) {
      return new WholeAnswer(this, request);
    }

    @Override
    public AnswerFrames frames(Exchange exchange, InferenceRequest request, Usage soFar)
        throws IOException {
      return new SseFrames(this, request, exchange.arrival());
    }
  }

  /**
   * OpenAI's response.
   *
   * @param serviceTier the tier that the answer names, if the client asked for one
   * @param echo what the answer repeats of the request: a field's name to its JSON in ASCII
   */
  record Response(boolean stream, Optional<String> serviceTier, Map<String, String> echo)
      implements Streamable {

    public Response {
      Objects.requireNonNull(serviceTier, "serviceTier");
      echo = Collections.unmodifiableMap(new LinkedHashMap<>(echo));
    }

    @Override
    public ResponseBody whole(InferenceRequest request) {
      return new ResponseBody(request, this);
    }

    @Override
    public AnswerFrames frames(Exchange exchange, InferenceRequest request, Usage soFar)
        throws IOException {
      return new ResponseFrames(request, this, exchange.arrival());
    }

    /** The echo holds the client's words. */
    @Override
    public String toString() {
      return "Response[stream=" + stream + "]";
    }
  }

  /**
   * Anthropic's message.
   *
   * @param showsReasoning whether the client is sent the model's reasoning, where there is some
   * @param serviceTier the tier that the answer names, if the client asked for one
   */
  record Message(boolean stream, boolean showsReasoning, Optional<String> serviceTier)
      implements Streamable {

    public Message {
      Objects.requireNonNull(serviceTier, "serviceTier");
    }

    @Override
    public AnswerBody whole(InferenceRequest request) {
      return new MessageBody(this);
    }

    /** A provider that counts at the end only leaves us with what routing counted. */
    @Override
    public AnswerFrames frames(Exchange exchange, InferenceRequest request, Usage soFar)
        throws IOException {
      Usage atStart =
          soFar.promptTokens() > 0
              ? soFar
              : new Usage(exchange.decision().orElseThrow().facts().promptTokens(), 0, 0);
      return new MessageFrames(request, this, atStart);
    }
  }

  /**
   * llama-server's filled gap.
   *
   * @param wanted the paths of the members that the client wants; none for all of them
   */
  record Infill(boolean stream, List<String> wanted) implements Streamable {

    public Infill {
      wanted = List.copyOf(wanted);
    }

    @Override
    public AnswerBody whole(InferenceRequest request) {
      return new InfillBody(wanted);
    }

    @Override
    public AnswerFrames frames(Exchange exchange, InferenceRequest request, Usage soFar)
        throws IOException {
      return new InfillFrames(request.model(), wanted);
    }
  }

  /**
   * Vectors.
   *
   * @param base64 whether as their bytes, and not as numbers
   */
  record Vectors(boolean base64) implements AnswerShape {

    @Override
    public AnswerBody whole(InferenceRequest request) {
      return new EmbeddingAnswer(request, base64);
    }
  }

  /**
   * Documents by their score.
   *
   * @param topN how many of the best
   * @param returnDocuments whether with their texts
   */
  record Ranking(int topN, boolean returnDocuments) implements AnswerShape {

    @Override
    public AnswerBody whole(InferenceRequest request) {
      return new RankingAnswer(request, this);
    }
  }
}
