package dev.freehold.engine;

import dev.freehold.llama.Batch;
import dev.freehold.llama.Context;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Turns token sequences into vectors or scores, many sequences in each decode call.
 *
 * <p>Each step of the engine's thread: let go of cancelled requests, admit waiting ones, fill the
 * batch, decode, hand the results out. The admitted requests share each batch one input at a time
 * in turn, and the turn moves on with each step, so a request of one input is served within about a
 * step however many inputs another has. Models that look both ways see a sequence only if it is
 * computed at once, so an input is never split: one that does not fit beside the others waits for
 * the step that begins with its request.
 *
 * <p>Nothing is kept from step to step: the cache, where the model has one, is emptied before each.
 */
public final class EmbeddingEngine implements AutoCloseable {

  private static final Logger LOG = System.getLogger(EmbeddingEngine.class.getName());

  private final EmbeddingOptions options;
  private final int inputTokensMax;
  private final BlockingQueue<EmbeddingTask> queue;
  private final WaitEstimate waitEstimate;
  private final EngineThread thread;

  /* Owned by the engine's thread. */
  private final Context context;
  private final Batch batch;
  private final List<EmbeddingTask> active;
  private final EmbeddingTask[] batched;
  private int batchedCount;
  private int turn;

  /* Written by the engine's thread, read by anybody. */
  private volatile int activeCount;
  private volatile long promptTokensTotal;

  private EmbeddingEngine(
      EmbeddingOptions options, int inputTokensMax, int batchTokens, Context context) {
    this.options = options;
    this.inputTokensMax = inputTokensMax;
    this.context = context;
    this.batch = Batch.allocate(batchTokens, 1);
    this.queue = new ArrayBlockingQueue<>(options.queueMax());
    this.waitEstimate = new WaitEstimate(options.requestsMax());
    this.active = new ArrayList<>(options.requestsMax());
    this.batched = new EmbeddingTask[options.sequences()];
    this.thread =
        new EngineThread(
            "freehold-embedding", "the embedding engine", LOG, context, this::step, this::release);
  }

  /**
   * Starts an engine for a model, which stays the caller's to close, after the engine.
   *
   * @throws LlamaException if the context does not fit into memory
   */
  public static EmbeddingEngine start(Model model, EmbeddingOptions options) {
    int inputTokensMax = Math.min(options.inputTokensMax(), model.trainedContextLength());
    int batchTokens = Math.max(options.batchTokens(), inputTokensMax);
    Context context =
        Context.createPooled(
            model, batchTokens, options.sequences(), options.threads(), options.pooling());
    EmbeddingEngine engine = new EmbeddingEngine(options, inputTokensMax, batchTokens, context);
    engine.thread.start();
    return engine;
  }

  /**
   * Hands a request over.
   *
   * @throws EngineException if it can never run here, the queue is full or the engine is stopping;
   *     the request's native memory has been released then
   */
  public EmbeddingTask submit(EmbeddingRequest request) throws EngineException {
    try {
      checkAccepted(request);
    } catch (EngineException e) {
      request.inputs().close();
      throw e;
    }
    EmbeddingTask task = new EmbeddingTask(this, request);
    EngineException refusal;
    if (!queue.offer(task)) {
      refusal = EngineException.queueFull(options.queueMax(), retryAfter());
    } else if (thread.isStopping() && queue.remove(task)) {
      // The engine may have drained its queue between our check and our offer.
      refusal = EngineException.stopped();
    } else {
      return task;
    }
    task.fail(refusal);
    task.close();
    throw refusal;
  }

  private void checkAccepted(EmbeddingRequest request) throws EngineException {
    if (thread.isStopping()) {
      throw EngineException.stopped();
    }
    for (int i = 0; i < request.inputs().sequences(); i++) {
      EmbeddingRequest.checkInput(request.inputs(), i, inputTokensMax);
    }
  }

  /** The most tokens that one input can have. */
  public int inputTokensMax() {
    return inputTokensMax;
  }

  /** Its slots are the requests that share the batches. */
  public EngineLoad load() {
    return new EngineLoad(
        options.requestsMax(),
        activeCount,
        queue.size(),
        waitEstimate.seconds(queue.size(), activeCount));
  }

  /** Tokens of the inputs computed since the start. */
  long promptTokensTotal() {
    return promptTokensTotal;
  }

  Duration retryAfter() {
    return waitEstimate.retryAfter(queue.size(), activeCount);
  }

  long queueDeadlineNanos() {
    return options.queueDeadline().toNanos();
  }

  /** Takes a task out of the queue; false if the engine has it already. */
  boolean withdraw(EmbeddingTask task) {
    boolean removed = queue.remove(task);
    if (removed) {
      task.fail(EngineException.withdrawn());
    }
    return removed;
  }

  /** A reader has gone. If nobody else is being served, the decode in progress serves no one. */
  void cancelled(EmbeddingTask task) {
    if (!task.hasEnded() && !withdraw(task) && activeCount == 1) {
      thread.abortDecode();
    }
  }

  /** Ends what is running and frees the context. The model stays open. */
  @Override
  public void close() {
    thread.stop();
  }

  private void step() throws InterruptedException {
    releaseCancelled();
    admit();
    if (active.isEmpty()) {
      awaitWork();
      return;
    }
    fillBatch();
    try {
      decode();
    } catch (LlamaException e) {
      LOG.log(Level.ERROR, "llama.cpp failed to decode; the requests of this batch end", e);
      failBatched("llama.cpp failed to decode");
    }
  }

  private void releaseCancelled() {
    active.removeIf(
        task -> {
          boolean gone = task.isCancelled();
          if (gone) {
            task.fail(EngineException.cancelled());
          }
          return gone;
        });
  }

  private void admit() {
    while (active.size() < options.requestsMax()) {
      EmbeddingTask next = queue.poll();
      if (next == null) {
        break;
      }
      admit(next);
    }
    publishLoad();
  }

  private void awaitWork() throws InterruptedException {
    EmbeddingTask next = queue.poll(1, TimeUnit.SECONDS);
    if (next != null) {
      admit(next);
      publishLoad();
    }
  }

  private void admit(EmbeddingTask task) {
    if (task.isCancelled()) {
      task.fail(EngineException.cancelled());
    } else {
      task.admitted();
      active.add(task);
    }
  }

  private void publishLoad() {
    activeCount = active.size();
  }

  /** The first in turn always finds room: no input is longer than a batch. */
  private void fillBatch() {
    batch.clear();
    batchedCount = 0;
    for (int i = 0; i < active.size(); i++) {
      active.get(i).plan();
    }
    int passedOver = 0;
    for (int at = turn; passedOver < active.size() && batchedCount < batched.length; at++) {
      EmbeddingTask task = active.get(at % active.size());
      if (!task.isPlanned()
          && task.tokens().length(task.planned) <= batch.capacity() - batch.size()) {
        batchInput(task);
        passedOver = 0;
      } else {
        passedOver++;
      }
    }
    turn = (turn + 1) % active.size();
  }

  private void batchInput(EmbeddingTask task) {
    int length = task.tokens().length(task.planned);
    for (int i = 0; i < length; i++) {
      batch.add(task.tokens().get(task.planned, i), i, batchedCount, true);
    }
    batched[batchedCount] = task;
    batchedCount++;
    task.planned++;
  }

  private void decode() {
    if (!thread.lowerAbort() || (active.size() == 1 && active.getFirst().isCancelled())) {
      return;
    }
    context.clear();
    DecodeResult result = context.decode(batch);
    switch (result) {
      case OK -> handOut();
      case ABORTED -> {
        // Whoever raised the flag has cancelled, or we are stopping: the next step sees it.
      }
      case NO_KV_SLOT -> failBatched("the model's cache has no room for this request");
    }
  }

  /** A task's inputs lie in the batch in their own order. */
  private void handOut() {
    for (int sequence = 0; sequence < batchedCount; sequence++) {
      EmbeddingTask task = batched[sequence];
      context.embeddings(sequence, task.nextSlot());
      task.resultIsThere();
    }
    long total = promptTokensTotal + batch.size();
    promptTokensTotal = total;
    for (int i = active.size() - 1; i >= 0; i--) {
      EmbeddingTask task = active.get(i);
      if (task.isComputed()) {
        active.remove(i);
        waitEstimate.served(task.ageNanos());
        // Whoever sees the end also sees that the room is free.
        publishLoad();
        task.end();
      } else {
        task.publish();
      }
    }
  }

  private void failBatched(String why) {
    for (int sequence = 0; sequence < batchedCount; sequence++) {
      if (active.remove(batched[sequence])) {
        batched[sequence].fail(new EngineException(EngineException.Kind.FAILED, why));
      }
    }
    publishLoad();
  }

  private void release() {
    List<EmbeddingTask> left = new ArrayList<>(active);
    active.clear();
    queue.drainTo(left);
    left.forEach(task -> task.fail(EngineException.stopped()));
    publishLoad();
    batch.close();
  }
}
