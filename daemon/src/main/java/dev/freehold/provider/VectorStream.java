package dev.freehold.provider;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.freehold.engine.EmbeddingTask;
import dev.freehold.engine.EngineException;
import dev.freehold.inference.Ability;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;

/**
 * The vectors or scores of the local engine. Their memory belongs to the prompt, which outlives the
 * stream: a close from another thread takes no vector away from the one that writes it.
 */
final class VectorStream implements InferenceStream {

  private final EmbeddingTask task;
  private final Ability asked;

  VectorStream(EmbeddingTask task, Ability asked) {
    this.task = task;
    this.asked = asked;
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    try {
      int input = task.next();
      if (input < 0) {
        return new InferenceEvent.Finished(FinishReason.STOP, usageSoFar());
      }
      return asked == Ability.RERANK
          ? new InferenceEvent.Scored(input, task.result(input).get(JAVA_FLOAT, 0))
          : new InferenceEvent.Embedded(input, task.result(input));
    } catch (EngineException e) {
      throw LocalStream.translate(e);
    }
  }

  @Override
  public Usage usageSoFar() {
    return new Usage(task.computedTokens(), 0, 0);
  }

  @Override
  public void close() {
    task.cancel();
  }
}
