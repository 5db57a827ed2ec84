package dev.freehold.routing;

import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.provider.LocalModels;
import dev.freehold.provider.PreparedPrompt;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * What is known of one request while it is decided. The length of its prompt is an estimate until
 * something depends on it: to render and to tokenise a prompt takes the local model longer than all
 * the rest of a decision.
 */
final class RequestFacts {

  private static final Logger LOGGER = System.getLogger(RequestFacts.class.getName());

  private final LocalModels localModels;
  private final InferenceRequest request;
  private final PromptSize size;
  private RouteFacts facts;
  private Optional<PreparedPrompt> prepared = Optional.empty();
  private boolean counted;

  /**
   * @param facts with the estimate of the size
   */
  RequestFacts(
      LocalModels localModels, InferenceRequest request, PromptSize size, RouteFacts facts) {
    this.localModels = localModels;
    this.request = request;
    this.size = size;
    this.facts = facts;
  }

  /** As they are known by now. */
  RouteFacts known() {
    return facts;
  }

  /** Whether the prompt's tokens were counted by the local model. */
  boolean isExact() {
    return prepared.isPresent();
  }

  /** The prompt as the local model counted it, if it did; the caller closes it. */
  Optional<PreparedPrompt> prepared() {
    return prepared;
  }

  /** What the prompt's tokens are at most. */
  long promptTokensMax() {
    return isExact() ? facts.promptTokens() : size.tokensMax();
  }

  /**
   * Lets the local model count the prompt, once. Where it cannot and another provider might, the
   * estimate stays.
   *
   * @throws InferenceException if nobody could
   */
  void count() throws InferenceException {
    if (counted) {
      return;
    }
    counted = true;
    try {
      PreparedPrompt exact = localModels.prepare(request);
      prepared = Optional.of(exact);
      facts = facts.withPromptTokens(exact.tokens());
    } catch (InferenceException e) {
      if (isFinal(e.kind())) {
        throw e;
      }
      LOGGER.log(
          Level.DEBUG,
          "Request {0}: the prompt is estimated, the local model says {1}",
          request.id(),
          e.kind());
    }
  }

  private static boolean isFinal(Kind kind) {
    return switch (kind) {
      case INVALID_REQUEST, FORBIDDEN, CANCELLED -> true;
      case UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          OVERLOADED,
          UNAVAILABLE,
          PROVIDER_REFUSED,
          PROVIDER_LIMITED,
          PROVIDER_FAILED,
          TIMED_OUT,
          INTERNAL ->
          false;
    };
  }
}
