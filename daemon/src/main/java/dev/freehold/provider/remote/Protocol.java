package dev.freehold.provider.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * One provider API: how a request is put into it, how its answer is read, and what it has no place
 * for. It has no state; each answer has a {@link Reading} of its own.
 */
public interface Protocol {

  /**
   * What the request needs and this API lacks, in words that follow "it has no": known before
   * anything is sent.
   */
  Optional<String> lacks(InferenceRequest request);

  /**
   * Puts a request into this API's form. Text is always asked for as a stream, whatever the client
   * asked for, so that a first token can be told from silence and a hang-up reaches the provider.
   *
   * @param model what the provider calls the model
   * @throws InferenceException if the request cannot be put into that form
   */
  Outgoing encode(InferenceRequest request, String model) throws InferenceException;

  /**
   * Begins to read an answer.
   *
   * @param promptTokensEstimate taken unless the provider says its own number
   */
  Reading reading(InferenceRequest request, int promptTokensEstimate);

  /** What a refusal with status 400, 413 or 422 is about, where its body tells. */
  Rejection rejection(JsonNode body);

  /** Whether a 429 means that there is nothing left to spend, so that waiting does not help. */
  boolean isQuotaUsedUp(JsonNode body);

  /** The wait that the body of a 429 or 503 asks for, where no header does. */
  default Optional<Duration> retryAfter(JsonNode body) {
    return Optional.empty();
  }

  /** What a provider found wrong. */
  enum Rejection {
    /** Prompt and limit do not fit the model's context. */
    CONTEXT_TOO_LONG,
    /** Its own rules forbid the content. */
    CONTENT_REFUSED,
    /** The credential, or what is left to spend. */
    ACCOUNT,
    /** Anything else. */
    OTHER
  }

  /** One answer being read, by one thread. */
  interface Reading {

    /** The media type that a good answer has. */
    String contentType();

    /**
     * Reads an answer to its end and hands its events over, {@link InferenceEvent.Finished} as the
     * last.
     *
     * @throws BrokenAnswer if the answer breaks off, is none of this API's or tells of a failure
     * @throws IOException if it cannot be read; the message is not shown to anyone
     */
    void read(Reply reply, Sink sink) throws IOException, BrokenAnswer, InterruptedException;

    /** Tokens counted so far; any thread may ask. */
    Usage usage();
  }

  /** Takes an event on its way to the client. */
  @FunctionalInterface
  interface Sink {
    void put(InferenceEvent event) throws InterruptedException;
  }
}
