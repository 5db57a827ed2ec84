package dev.freehold.engine;

import dev.freehold.llama.Adapter;
import dev.freehold.llama.Context;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/**
 * Runs one model's sequences together.
 *
 * <p>Each step of the engine's thread: let go of cancelled sequences, admit waiting ones, fill the
 * batch (one token for each running stream first, then prompts within their budget), decode,
 * sample, emit. Here are the step and its outcomes; who waits and who is next is told by {@link
 * WaitingRequests}, who sits, with how many KV cells, and who makes way by {@link Admission}, what
 * enters a batch by {@link StepBatch}.
 *
 * <p>A prompt's images arrive computed. They are decoded apart from tokens, a part of one image a
 * step, when the text before them is in the cache ({@link ImageSteps}).
 */
public final class Engine implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Engine.class.getName());

  private final Model model;
  private final EngineOptions options;
  private final int sequenceTokensMax;
  private final WaitingRequests waiting;
  private final WaitEstimate waitEstimate;
  private final EngineThread thread;

  /* Owned by the engine's thread. */
  private final Context context;
  private final StepBatch batch;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment piece = arena.allocate(Model.PIECE_BYTES_MAX);
  private final TokenScores scores;
  private final SlotTable table;
  private final Slot[] slots;
  private final Admission admission;
  private final PrefillBudget budget;
  private final ImageSteps imageSteps;
  private final ComputeThreads computeThreads;
  private int threadsInUse;

  /** Written by the engine's thread, read by anybody. */
  private volatile long promptTokensTotal;

  private Engine(Model model, EngineOptions options, Context context) {
    this.model = model;
    this.options = options;
    this.context = context;
    int cells = context.contextTokens();
    this.sequenceTokensMax = Math.min(cells, model.trainedContextLength());
    this.scores = new TokenScores(model, arena);
    this.waiting = new WaitingRequests(options.queueMax(), options.queueDeadline());
    this.waitEstimate = new WaitEstimate(options.slots());
    this.budget = new PrefillBudget(options.interTokenTarget().toNanos(), options.batchTokens());
    this.computeThreads = new ComputeThreads(options.threads(), options.slots());
    this.threadsInUse = options.threads();
    this.table = new SlotTable(options.slots(), cells);
    this.slots = table.slots;
    this.admission = new Admission(table, waiting, context, sequenceTokensMax);
    this.batch = new StepBatch(table, options.batchTokens());
    this.imageSteps = new ImageSteps(context, table, options.batchTokens());
    this.thread =
        new EngineThread("freehold-engine", "the engine", LOG, context, this::step, this::release);
  }

  /**
   * Starts an engine for a model, which stays the caller's to close, after the engine.
   *
   * @throws LlamaException if the context does not fit into memory
   */
  public static Engine start(Model model, EngineOptions options) {
    return start(Context.create(model, options.context()), options);
  }

  /**
   * Starts an engine that computes everything with an adapter, which it keeps in memory until it is
   * closed; the caller may close the adapter at once.
   *
   * @throws LlamaException if the context does not fit into memory
   */
  public static Engine start(Model model, EngineOptions options, Adapter adapter) {
    Context context = Context.create(model, options.context());
    try {
      context.adapt(adapter, 1);
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
    return start(context, options);
  }

  private static Engine start(Context context, EngineOptions options) {
    Engine engine = new Engine(context.model(), options, context);
    engine.thread.start();
    return engine;
  }

  /**
   * Hands a request over.
   *
   * @throws EngineException if it can never run here, the queue is full or the engine is stopping;
   *     the request's native memory has been released then
   */
  public Generation submit(GenerationRequest request) throws EngineException {
    EngineException refusal = refusal(request).orElse(null);
    if (refusal == null) {
      Generation generation = new Generation(this, request, sequenceTokensMax);
      if (waiting.offer(generation)) {
        return thread.isStopping() ? refusedWhileStopping(generation) : generation;
      }
      refusal = EngineException.queueFull(options.queueMax(), retryAfter());
    }
    request.release();
    throw refusal;
  }

  private Optional<EngineException> refusal(GenerationRequest request) {
    return thread.isStopping()
        ? Optional.of(EngineException.stopped())
        : request.refusal(sequenceTokensMax, options.batchTokens());
  }

  /** The engine may have drained its queue between our check and our offer. */
  private Generation refusedWhileStopping(Generation generation) throws EngineException {
    withdraw(generation);
    throw EngineException.stopped();
  }

  /** The most tokens, prompt and answer together, that one sequence can have. */
  public int sequenceTokensMax() {
    return sequenceTokensMax;
  }

  public EngineLoad load() {
    return new EngineLoad(
        slots.length,
        admission.slotsBusy(),
        waiting.count(),
        waitEstimate.seconds(waiting.count(), admission.slotsBusy()));
  }

  /** KV cells promised to running sequences. */
  int cellsReserved() {
    return admission.cellsReserved();
  }

  /** Prompt tokens computed since the start. */
  long promptTokensTotal() {
    return promptTokensTotal;
  }

  Duration retryAfter() {
    return waitEstimate.retryAfter(waiting.count(), admission.slotsBusy());
  }

  long queueDeadlineNanos() {
    return waiting.deadlineNanos();
  }

  /** Takes a generation out of the queue; false if the engine has it already. */
  boolean withdraw(Generation generation) {
    boolean removed = waiting.withdraw(generation);
    if (removed) {
      generation.fail(EngineException.withdrawn());
    }
    return removed;
  }

  /** A reader has gone. If nobody else is being served, the decode in progress serves no one. */
  void cancelled(Generation generation) {
    boolean ended = generation.hasEnded() || withdraw(generation);
    if (!ended && generation.isSeated() && admission.slotsBusy() == 1) {
      thread.abortDecode();
    }
  }

  /** Ends running sequences and frees the context. The model stays open. */
  @Override
  public void close() {
    thread.stop();
  }

  private void step() throws InterruptedException {
    releaseCancelled();
    admission.admit();
    if (admission.slotsBusy() == 0) {
      admission.await();
      return;
    }
    long start = System.nanoTime();
    int prefill = batch.fill(budget.tokens());
    try {
      if (batch.size() > 0) {
        decode(prefill, start);
      }
      decodeImage(prefill);
    } catch (LlamaException e) {
      LOG.log(Level.ERROR, "llama.cpp failed to decode; running sequences end", e);
      failAll();
    }
  }

  private void releaseCancelled() {
    for (Slot slot : slots) {
      if (!slot.isFree() && slot.generation.isCancelled()) {
        fail(slot, EngineException.cancelled());
      }
    }
    waiting.takeCancelled().forEach(parked -> parked.fail(EngineException.cancelled()));
  }

  /** Lowers the abort flag, unless whoever raised it wants what comes next ended as well. */
  private boolean isWanted(Generation sole) {
    return thread.lowerAbort() && (sole == null || !sole.isCancelled());
  }

  /** One part of one image, if a prompt stands at one. */
  private void decodeImage(int prefill) {
    Slot slot = imageSteps.next();
    Generation sole = table.sole();
    if (slot == null || !isWanted(sole)) {
      return;
    }
    long start = System.nanoTime();
    int budgetTokens = sole == null ? budget.tokens() - prefill : batch.capacity();
    switch (imageSteps.decode(slot, budgetTokens)) {
      case OK -> {
        slot.past += slot.batched;
        budget.measured(slot.batched, System.nanoTime() - start);
        countPrompt(slot.batched);
      }
      case ABORTED -> context.removeSequence(slot.sequence, slot.past, -1);
      case NO_KV_SLOT -> {
        context.removeSequence(slot.sequence, slot.past, -1);
        relieve();
      }
    }
  }

  private void decode(int prefill, long start) {
    Generation sole = table.sole();
    if (!isWanted(sole)) {
      return;
    }
    // With a seed it is promised the same floats each time, and ggml sums up the attention of a
    // lone token in as many parts as there are threads (ops.cpp, from 512 cells on).
    boolean fixed = sole != null && sole.isReproducible();
    useThreads(fixed ? options.threads() : computeThreads.threads());
    DecodeResult result = context.decode(batch.tokens());
    switch (result) {
      case OK -> {
        measured(fixed, prefill, System.nanoTime() - start);
        countPrompt(prefill);
        for (Slot slot : slots) {
          if (slot.batched > 0) {
            slot.past += slot.batched;
            if (slot.hasOutput()) {
              sample(slot);
            }
          }
        }
      }
      case ABORTED -> forgetBatch();
      case NO_KV_SLOT -> {
        forgetBatch();
        relieve();
      }
    }
  }

  private void useThreads(int threads) {
    if (threads != threadsInUse) {
      context.threads(threads, threads);
      threadsInUse = threads;
    }
  }

  private void measured(boolean fixedThreads, int prefill, long stepNanos) {
    if (prefill > 0) {
      budget.measured(prefill, stepNanos);
    } else if (!fixedThreads) {
      computeThreads.measured(batch.size(), (double) stepNanos);
    }
  }

  /** Only the engine's thread writes this counter: reading and writing need not be one step. */
  private void countPrompt(int tokens) {
    long total = promptTokensTotal + tokens;
    promptTokensTotal = total;
  }

  /** Part of the batch may have reached the KV cache: take it out again. */
  private void forgetBatch() {
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        context.removeSequence(slot.sequence, slot.past, -1);
      }
    }
  }

  /** The reservations should make this impossible; a model with its own cache rules may not. */
  private void relieve() {
    Slot newest = admission.firstToPark();
    if (newest != null && admission.slotsBusy() > 1) {
      admission.park(newest);
      return;
    }
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        fail(
            slot,
            new EngineException(
                EngineException.Kind.FAILED, "the model's cache has no room for this request"));
        return;
      }
    }
  }

  private void sample(Slot slot) {
    Generation generation = slot.generation;
    int token;
    try {
      token = generation.sampler().sample(context, slot.output());
    } catch (LlamaException e) {
      LOG.log(Level.WARNING, "sampling failed; the sequence ends", e);
      fail(slot, new EngineException(EngineException.Kind.FAILED, "sampling failed"));
      return;
    }
    if (!accepts(slot, token)) {
      return;
    }
    generation.addGenerated(token);
    emit(slot, token);
  }

  /**
   * Tells the sampler of its choice; the sequence ends here if the grammar does not go on. Where it
   * is finished and the model may not end (a client can forbid it), no token is right.
   */
  private boolean accepts(Slot slot, int token) {
    try {
      slot.generation.sampler().accept(token);
      return true;
    } catch (LlamaException e) {
      switch (e.reason()) {
        case GRAMMAR_REFUSED -> end(slot, Generation.Ending.END_OF_TURN);
        case GRAMMAR_TOO_WIDE -> {
          LOG.log(Level.INFO, "a grammar branches too widely; its sequence ends");
          fail(
              slot,
              new EngineException(
                  EngineException.Kind.GRAMMAR_TOO_WIDE,
                  "the grammar or schema allows too many ways to go on at once: use fewer"
                      + " alternatives and no repetition inside a repetition"));
        }
        case OTHER -> {
          LOG.log(Level.WARNING, "sampling failed; the sequence ends", e);
          fail(slot, new EngineException(EngineException.Kind.FAILED, "sampling failed"));
        }
      }
      return false;
    }
  }

  private void emit(Slot slot, int token) {
    Generation generation = slot.generation;
    if (model.isEndOfGeneration(token)) {
      end(slot, Generation.Ending.END_OF_TURN);
      return;
    }
    int length = model.piece(token, piece, generation.specialText());
    if (generation.wantsScores() && !score(slot, token, length)) {
      fail(slot, slowReader(Generation.SCORES_WAITING_MAX, "tokens"));
      return;
    }
    switch (generation.assembler.append(piece, length)) {
      case STOPPED -> end(slot, Generation.Ending.STOP_TEXT);
      case OVERFLOW -> fail(slot, slowReader(TextRing.CAPACITY_BYTES, "bytes"));
      case CONTINUE -> {
        if (generation.completionTokens() >= generation.completionTokensMax()) {
          end(slot, Generation.Ending.LIMIT);
        } else if (!admission.grow(slot)) {
          end(slot, Generation.Ending.CONTEXT_FULL);
        }
      }
    }
  }

  /** Says how likely a token was before its text can be read; false if too many are waiting. */
  private boolean score(Slot slot, int token, int length) {
    Generation generation = slot.generation;
    return generation.addScore(
        scores.of(
            context,
            slot.output(),
            token,
            TokenScores.bytes(piece, length),
            generation.writtenBytes(),
            generation.alternatives()));
  }

  private static EngineException slowReader(int waitingMax, String what) {
    return new EngineException(
        EngineException.Kind.SLOW_READER,
        "the client read too slowly: more than %d %s were waiting for it"
            .formatted(waitingMax, what));
  }

  private void end(Slot slot, Generation.Ending ending) {
    Generation generation = slot.generation;
    waitEstimate.served(generation.ageNanos());
    admission.vacate(slot);
    generation.end(ending);
  }

  private void fail(Slot slot, EngineException why) {
    Generation generation = slot.generation;
    admission.vacate(slot);
    generation.fail(why);
  }

  private void failAll() {
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        fail(slot, new EngineException(EngineException.Kind.FAILED, "llama.cpp failed to decode"));
      }
    }
    context.clear();
  }

  private void release() {
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        fail(slot, EngineException.stopped());
      }
    }
    waiting.drain().forEach(generation -> generation.fail(EngineException.stopped()));
    admission.publish();
    batch.close();
    imageSteps.close();
    arena.close();
  }
}
