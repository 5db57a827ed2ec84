package dev.freehold.engine;

import dev.freehold.llama.ImageEmbeddings;
import dev.freehold.llama.ImageSpan;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Projector;
import dev.freehold.llama.VisionPrompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Computes the images of prompts before their requests reach the engine: an image takes up to
 * seconds, which no running stream should wait for. One platform thread, {@code freehold-vision},
 * owns the projector; the callers wait in a bounded queue. The projector is closed with this.
 */
public final class ImageEncoder implements AutoCloseable {

  /** Prompts that may wait for the thread. */
  private static final int QUEUE_MAX = 32;

  /** What the computed images of all requests, waiting and running, may take. */
  private static final long EMBEDDING_BYTES_MAX = 1L << 30;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  private final Projector projector;
  private final AtomicLong bytesHeld = new AtomicLong();
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(QUEUE_MAX),
          Thread.ofPlatform().name("freehold-vision").daemon(true).factory());

  /** Takes the projector over. */
  public ImageEncoder(Projector projector) {
    this.projector = projector;
  }

  public Projector projector() {
    return projector;
  }

  /**
   * Computes a prompt's images.
   *
   * @return what the caller hands to the engine or closes
   * @throws EngineException if an image is damaged, too many prompts wait, or this is being closed
   */
  public PromptImages encode(ImagePrompt prompt) throws EngineException, InterruptedException {
    CompletableFuture<PromptImages> result = new CompletableFuture<>();
    try {
      thread.execute(() -> compute(prompt, result));
    } catch (RejectedExecutionException e) {
      throw thread.isShutdown()
          ? EngineException.stopped()
          : full("%d prompts with images are waiting already".formatted(QUEUE_MAX));
    }
    try {
      return result.get();
    } catch (InterruptedException e) {
      if (!result.cancel(false) && !result.isCompletedExceptionally()) {
        result.join().close();
      }
      throw e;
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private static EngineException failure(Throwable cause) {
    return switch (cause) {
      case EngineException e -> e;
      case LlamaException e ->
          new EngineException(EngineException.Kind.FAILED, "an image could not be computed");
      default -> throw new IllegalStateException("an image could not be computed", cause);
    };
  }

  private static EngineException full(String what) {
    return new EngineException(
        EngineException.Kind.QUEUE_FULL, what + ": try again later", RETRY_AFTER);
  }

  private void compute(ImagePrompt prompt, CompletableFuture<PromptImages> result) {
    if (result.isDone()) {
      return;
    }
    try {
      PromptImages images = tokenizeAndCompute(prompt, result);
      if (!result.complete(images)) {
        images.close();
      }
    } catch (EngineException | RuntimeException | Error e) {
      result.completeExceptionally(e);
    }
  }

  private PromptImages tokenizeAndCompute(ImagePrompt prompt, Future<?> result)
      throws EngineException {
    checkWanted(result);
    VisionPrompt tokenized;
    try {
      tokenized = projector.tokenize(prompt.text(), prompt.marker(), prompt.images(), true);
    } catch (LlamaException e) {
      throw new EngineException(EngineException.Kind.BAD_IMAGE, e.getMessage());
    }
    try (tokenized) {
      return compute(tokenized, result);
    }
  }

  /** Between two images is the only time at which anybody can stop this. */
  private void checkWanted(Future<?> result) throws EngineException {
    if (result.isDone() || thread.isShutdown()) {
      throw EngineException.stopped();
    }
  }

  private PromptImages compute(VisionPrompt prompt, Future<?> result) throws EngineException {
    long bytes = bytes(prompt);
    if (bytesHeld.addAndGet(bytes) > EMBEDDING_BYTES_MAX) {
      bytesHeld.addAndGet(-bytes);
      throw full(
          "the images of waiting requests take all of %d MiB".formatted(EMBEDDING_BYTES_MAX >> 20));
    }
    List<ImageEmbeddings> embeddings = new ArrayList<>();
    boolean done = false;
    try {
      for (int i = 0; i < prompt.spans().size(); i++) {
        checkWanted(result);
        embeddings.add(projector.encode(prompt, i));
      }
      PromptImages images =
          new PromptImages(prompt.spans(), embeddings, () -> bytesHeld.addAndGet(-bytes));
      done = true;
      return images;
    } finally {
      if (!done) {
        embeddings.forEach(ImageEmbeddings::close);
        bytesHeld.addAndGet(-bytes);
      }
    }
  }

  private long bytes(VisionPrompt prompt) {
    long tokens = prompt.spans().stream().mapToLong(ImageSpan::length).sum();
    return tokens * projector.width() * Float.BYTES;
  }

  /** Bytes of native memory that computed images take now. */
  long bytesHeld() {
    return bytesHeld.get();
  }

  /** Ends what waits, and what is being computed after its image; then frees the projector. */
  @Override
  public void close() {
    thread.shutdown();
    Uninterrupted.await(() -> thread.awaitTermination(1, TimeUnit.MINUTES));
    projector.close();
  }
}
