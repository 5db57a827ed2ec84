package dev.freehold.api;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.Usage;
import java.util.Objects;
import java.util.Optional;

/** How far a response has come. */
sealed interface ResponseState {

  /** The word of the response's {@code status}, and the end of the event's name. */
  String word();

  /** Why a response is incomplete. */
  default Optional<String> incompleteReason() {
    return Optional.empty();
  }

  /** It is being written. */
  record InProgress() implements ResponseState {
    @Override
    public String word() {
      return "in_progress";
    }
  }

  /** It has ended as the model or a limit wanted. */
  record Ended(FinishReason reason, Usage usage) implements ResponseState {

    public Ended {
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(usage, "usage");
    }

    @Override
    public String word() {
      return incompleteReason().isPresent() ? "incomplete" : "completed";
    }

    @Override
    public Optional<String> incompleteReason() {
      return switch (reason) {
        case LENGTH -> Optional.of("max_output_tokens");
        case CONTENT_FILTER -> Optional.of("content_filter");
        case STOP, TOOL_CALLS -> Optional.empty();
      };
    }
  }

  /** It broke off. */
  record Failed(ApiError error) implements ResponseState {

    public Failed {
      Objects.requireNonNull(error, "error");
    }

    @Override
    public String word() {
      return "failed";
    }
  }
}
