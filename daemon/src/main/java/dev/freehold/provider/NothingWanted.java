package dev.freehold.provider;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;

/** The answer to a request for no tokens at all, with which editors warm caches: at its limit. */
record NothingWanted(int promptTokens) implements InferenceStream {

  @Override
  public InferenceEvent next() {
    return new InferenceEvent.Finished(FinishReason.LENGTH, usageSoFar());
  }

  @Override
  public Usage usageSoFar() {
    return new Usage(promptTokens, 0, 0);
  }

  @Override
  public void close() {
    // Nothing runs.
  }
}
