package dev.freehold.abuse;

import java.time.Duration;

/** Something that the rules count. No event holds content. */
public sealed interface Event {

  /** A certificate was refused: none shown, expired, revoked, or of no authority that is known. */
  record CertificateRefused(Suspect.Address address) implements Event {}

  /** A request of an admitted client begins, before any limit is asked. */
  record Arrived(Suspect.Client client, Suspect.Address address) implements Event {}

  /**
   * A request to generate was read.
   *
   * @param digest of the prompt, by {@link PromptDigest}
   * @param logprobs whether it asks for probabilities
   */
  record Prompted(Suspect.Client client, long promptTokens, long digest, boolean logprobs)
      implements Event {}

  /** A request to embed or rank was read. */
  record Embedded(Suspect.Client client, int texts, long tokens) implements Event {}

  /** An answer ended. */
  record Answered(Suspect.Client client, long completionTokens) implements Event {}

  /** A request was refused, and the client told to come back after a while. */
  record Limited(Suspect.Client client, Duration retryAfter) implements Event {}
}
