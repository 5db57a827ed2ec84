package dev.freehold.engine;

import dev.freehold.llama.Adapter;
import dev.freehold.llama.Batch;
import dev.freehold.llama.Context;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runs one model's sequences together.
 *
 * <p>Each step of the engine's thread: let go of cancelled sequences, admit waiting ones, fill the
 * batch (one token for each running stream first, then prompts within their budget), decode,
 * sample, emit. A sequence's known tokens are its prompt and what it has generated; those not yet
 * in the KV cache are pending. A running stream has one pending token, an entering prompt many, a
 * sequence that was parked and comes back has all of them: one rule feeds all three.
 *
 * <p>A prompt's images arrive computed. They are decoded apart from tokens, a part of one image a
 * step, when the text before them is in the cache ({@link ImageSteps}).
 *
 * <p>Admission is by KV cells. A request with a limit reserves prompt plus limit; one without, or
 * with a limit that its context cannot hold (agents send one for the largest models there are),
 * reserves its prompt and {@link #GROWTH_TOKENS}, and grows until its context is full. When cells
 * run out the newest growing sequence is parked: its cells are freed, its tokens kept, and it is
 * computed again when there is room.
 *
 * <p>Background requests are admitted only when no other waits, and make way when another lacks a
 * seat or cells. So that they are served at all, one that is older than half the queue's deadline
 * counts as any other.
 */
public final class Engine implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Engine.class.getName());

  /** Cells by which a request without a limit grows. */
  static final int GROWTH_TOKENS = 256;

  /** A background request is as urgent as any other after this part of the queue's deadline. */
  private static final int BACKGROUND_PATIENCE_PART = 2;

  /** The background may fill this part of the queue, so that there is room for the others. */
  private static final int BACKGROUND_QUEUE_PART = 2;

  /** The longest text of one token, with room to spare. */
  private static final int PIECE_BYTES_MAX = 1024;

  private final Model model;
  private final EngineOptions options;
  private final int sequenceTokensMax;
  private final BlockingQueue<Generation> queue;
  private final WaitEstimate waitEstimate;
  private final EngineThread thread;

  /* Owned by the engine's thread. */
  private final Context context;
  private final Batch batch;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment piece = arena.allocate(PIECE_BYTES_MAX);
  private final TokenScores scores;
  private final SlotTable table;
  private final Slot[] slots;
  private final Deque<Generation> parked = new ArrayDeque<>();
  private final PrefillBudget budget;
  private final ImageSteps imageSteps;
  private final ComputeThreads computeThreads;
  private int threadsInUse;
  private int prefillTurn;

  /* Written by the engine's thread, read by anybody. */
  private volatile int slotsBusy;
  private volatile int parkedCount;
  private volatile int cellsReserved;
  private volatile long promptTokensTotal;
  private volatile long completionTokensTotal;

  private Engine(Model model, EngineOptions options, Context context) {
    this.model = model;
    this.options = options;
    this.context = context;
    this.sequenceTokensMax = Math.min(context.contextTokens(), model.trainedContextLength());
    this.batch = Batch.allocate(options.batchTokens(), 1);
    this.scores = new TokenScores(model, arena, PIECE_BYTES_MAX);
    this.queue = new ArrayBlockingQueue<>(options.queueMax());
    this.waitEstimate = new WaitEstimate(options.slots());
    this.budget = new PrefillBudget(options.interTokenTarget().toNanos(), options.batchTokens());
    this.computeThreads = new ComputeThreads(options.threads(), options.slots());
    this.threadsInUse = options.threads();
    this.table = new SlotTable(options.slots(), context.contextTokens());
    this.slots = table.slots;
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
    EngineException refusal = refusal(request);
    if (refusal == null) {
      Generation generation = new Generation(this, request, sequenceTokensMax);
      if (enqueue(generation)) {
        return thread.isStopping() ? refusedWhileStopping(generation) : generation;
      }
      refusal = EngineException.queueFull(options.queueMax(), retryAfter());
    }
    request.release();
    throw refusal;
  }

  private boolean enqueue(Generation generation) {
    if (!generation.isBackground()) {
      return queue.offer(generation);
    }
    synchronized (queue) {
      long background = queue.stream().filter(Generation::isBackground).count();
      return background < Math.max(1, options.queueMax() / BACKGROUND_QUEUE_PART)
          && queue.offer(generation);
    }
  }

  private EngineException refusal(GenerationRequest request) {
    if (thread.isStopping()) {
      return EngineException.stopped();
    }
    int prompt = request.prompt().size();
    if (prompt == 0) {
      return new EngineException(
          EngineException.Kind.TOO_LONG, "the prompt has no tokens, at least one is needed");
    }
    if (prompt + 1 > sequenceTokensMax) {
      return new EngineException(
          EngineException.Kind.TOO_LONG,
          "the context holds %d tokens, but the prompt has %d: shorten it"
              .formatted(sequenceTokensMax, prompt));
    }
    return request.images().map(images -> refusal(images, prompt)).orElse(null);
  }

  private EngineException refusal(PromptImages images, int promptTokens) {
    if (images.end() >= promptTokens) {
      return new EngineException(
          EngineException.Kind.BAD_IMAGE, "the prompt ends in an image, text must follow it");
    }
    if (images.indivisibleTokensMax() > options.batchTokens()) {
      return new EngineException(
          EngineException.Kind.BAD_IMAGE,
          "an image has %d tokens that are decoded at once, the engine's batch holds %d"
              .formatted(images.indivisibleTokensMax(), options.batchTokens()));
    }
    return null;
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
        slotsBusy,
        waiting(),
        cellsReserved,
        context.contextTokens(),
        waitEstimate.seconds(waiting(), slotsBusy),
        promptTokensTotal,
        completionTokensTotal);
  }

  private int waiting() {
    return queue.size() + parkedCount;
  }

  Duration retryAfter() {
    return waitEstimate.retryAfter(waiting(), slotsBusy);
  }

  long queueDeadlineNanos() {
    return options.queueDeadline().toNanos();
  }

  /** Takes a generation out of the queue; false if the engine has it already. */
  boolean withdraw(Generation generation) {
    boolean removed = queue.remove(generation);
    if (removed) {
      generation.fail(EngineException.withdrawn());
    }
    return removed;
  }

  /** A reader has gone. If nobody else is being served, the decode in progress serves no one. */
  void cancelled(Generation generation) {
    if (!generation.hasEnded() && !withdraw(generation) && slotsBusy == 1) {
      thread.abortDecode();
    }
  }

  /** Ends running sequences and frees the context. The model stays open. */
  @Override
  public void close() {
    thread.stop();
  }

  private void release() {
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        fail(slot, EngineException.stopped());
      }
    }
    List<Generation> waiting = new ArrayList<>(parked);
    parked.clear();
    queue.drainTo(waiting);
    waiting.forEach(generation -> generation.fail(EngineException.stopped()));
    publishLoad();
    batch.close();
    imageSteps.close();
    arena.close();
  }

  private void step() throws InterruptedException {
    releaseCancelled();
    admit();
    if (slotsBusy == 0) {
      awaitWork();
      return;
    }
    long start = System.nanoTime();
    int prefill = fillBatch();
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
  }

  private void awaitWork() throws InterruptedException {
    Generation next = queue.poll(1, TimeUnit.SECONDS);
    if (next != null) {
      admitOrDrop(next, slots[0]);
    }
  }

  private void admit() {
    for (Generation next = nextWaiting(); next != null; next = nextWaiting()) {
      Slot slot = seatFor(next);
      if (slot == null) {
        break;
      }
      boolean taken = parked.remove(next) || queue.remove(next);
      if (taken) {
        admitOrDrop(next, slot);
      }
    }
    publishLoad();
  }

  /** Of each class those that were parked come first: they have waited before. */
  private Generation nextWaiting() {
    if (parked.isEmpty() && queue.peek() == null) {
      return null;
    }
    Generation next = first(parked, true);
    next = next == null ? first(queue, true) : next;
    next = next == null ? first(parked, false) : next;
    return next == null ? first(queue, false) : next;
  }

  private Generation first(Iterable<Generation> waiting, boolean urgent) {
    for (Generation generation : waiting) {
      if (isUrgent(generation) == urgent) {
        return generation;
      }
    }
    return null;
  }

  /**
   * Whether it is served before the background: so is the background itself once it is old, which
   * is the bound on how long others may keep it waiting.
   */
  private boolean isUrgent(Generation generation) {
    return !generation.isBackground()
        || generation.ageNanos() > queueDeadlineNanos() / BACKGROUND_PATIENCE_PART;
  }

  /** A seat with room for it, for which the background makes way if it must; null if none. */
  private Slot seatFor(Generation next) {
    Slot free = table.free();
    if (free != null && fits(next)) {
      return free;
    }
    boolean worthIt =
        isUrgent(next)
            && newestYielding() != null
            && table.hasRoomFor(cellsWanted(next) - yieldingCells());
    if (!worthIt) {
      return null;
    }
    while (table.free() == null || !fits(next)) {
      park(newestYielding());
    }
    return table.free();
  }

  private int yieldingCells() {
    int cells = 0;
    for (Slot slot : slots) {
      cells += slot.isFree() || isUrgent(slot.generation) ? 0 : slot.reserved;
    }
    return cells;
  }

  /** The background sequence that was seated last, or null. */
  private Slot newestYielding() {
    Slot newest = null;
    for (Slot slot : slots) {
      boolean candidate = !slot.isFree() && !isUrgent(slot.generation);
      if (candidate && (newest == null || slot.seatedOrder > newest.seatedOrder)) {
        newest = slot;
      }
    }
    return newest;
  }

  /** The sequence that makes way when cells run out: the background's first; null if none can. */
  private Slot firstToPark() {
    Slot background = newestYielding();
    return background == null ? table.newestGrowing() : background;
  }

  private void admitOrDrop(Generation next, Slot slot) {
    if (next.isCancelled()) {
      next.fail(EngineException.cancelled());
      return;
    }
    next.admitted();
    table.seat(slot, next, cellsWanted(next));
    publishLoad();
  }

  private int cellsWanted(Generation generation) {
    long wanted =
        generation.isLimited()
            ? (long) generation.promptTokens() + generation.completionTokensMax()
            : (long) generation.knownTokens() + GROWTH_TOKENS;
    return (int) Math.min(wanted, sequenceTokensMax);
  }

  private boolean fits(Generation generation) {
    return table.hasRoomFor(cellsWanted(generation));
  }

  private void publishLoad() {
    slotsBusy = table.busy();
    parkedCount = parked.size();
    cellsReserved = table.cellsReserved();
  }

  /** Returns how many of the batch's tokens belong to prompts. */
  private int fillBatch() {
    batch.clear();
    int entering = 0;
    for (Slot slot : slots) {
      slot.clearBatch();
      if (!slot.isFree()) {
        if (slot.isDecoding()) {
          batchTokens(slot, 1);
        } else if (slot.pendingText() > 0) {
          entering++;
        }
      }
    }
    int streams = batch.size();
    int room = batch.capacity() - streams;
    int prefill = streams == 0 ? room : Math.min(room, budget.tokens());
    return entering == 0 ? 0 : fillPrompts(entering, prefill);
  }

  /**
   * Shares the budget among the prompts that are entering, in turn. A request that runs alone gets
   * the whole batch each time, so that its chunks, and with them its floats, are always the same.
   */
  private int fillPrompts(int entering, int budgetTokens) {
    int left = budgetTokens;
    int waiting = entering;
    for (int i = 0; i < slots.length && left > 0; i++) {
      Slot slot = slots[(prefillTurn + i) % slots.length];
      if (!slot.isFree() && slot.batched == 0 && slot.pendingText() > 0) {
        int share = Math.max(1, left / waiting);
        int tokens = Math.min(share, slot.pendingText());
        batchTokens(slot, tokens);
        left -= tokens;
        waiting--;
      }
    }
    prefillTurn = (prefillTurn + 1) % slots.length;
    return budgetTokens - left;
  }

  private void batchTokens(Slot slot, int tokens) {
    int known = slot.generation.knownTokens();
    for (int i = 0; i < tokens; i++) {
      int position = slot.past + i;
      boolean last = position == known - 1;
      int index = batch.add(slot.generation.tokenAt(position), position, slot.sequence, last);
      if (last) {
        slot.output(index);
      }
    }
    slot.batched = tokens;
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
    DecodeResult result = context.decode(batch);
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

  /* Only the engine's thread writes these counters, so reading and writing need not be one step. */

  private void countPrompt(int tokens) {
    long total = promptTokensTotal + tokens;
    promptTokensTotal = total;
  }

  private void countCompletion() {
    long total = completionTokensTotal + 1;
    completionTokensTotal = total;
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
    Slot newest = firstToPark();
    if (newest != null && slotsBusy > 1) {
      park(newest);
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
    countCompletion();
    emit(slot, token);
  }

  /** A grammar that allowed the token can refuse it only for what would follow. */
  private boolean accepts(Slot slot, int token) {
    try {
      slot.generation.sampler().accept(token);
      return true;
    } catch (LlamaException e) {
      LOG.log(Level.INFO, "a grammar branches too widely; its sequence ends: {0}", e.getMessage());
      fail(
          slot,
          new EngineException(
              EngineException.Kind.GRAMMAR_TOO_WIDE,
              "the grammar or schema allows too many ways to go on at once: use fewer alternatives"
                  + " and no repetition inside a repetition"));
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
        } else {
          growIfNeeded(slot);
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

  private void growIfNeeded(Slot slot) {
    int known = slot.generation.knownTokens();
    if (known < slot.reserved) {
      return;
    }
    if (known >= sequenceTokensMax) {
      end(slot, Generation.Ending.CONTEXT_FULL);
      return;
    }
    int wanted = Math.min(known + GROWTH_TOKENS, sequenceTokensMax);
    while (!table.hasRoomFor(wanted - slot.reserved)) {
      Slot newest = firstToPark();
      if (newest == null) {
        end(slot, Generation.Ending.CONTEXT_FULL);
        return;
      }
      park(newest);
      if (newest == slot) {
        return;
      }
    }
    slot.reserved = wanted;
  }

  /** Frees the cells and keeps the tokens; the sequence comes back before any new request. */
  private void park(Slot slot) {
    parked.addLast(slot.generation);
    vacate(slot);
  }

  private void end(Slot slot, Generation.Ending ending) {
    Generation generation = slot.generation;
    waitEstimate.served(generation.ageNanos());
    vacate(slot);
    generation.end(ending);
  }

  private void fail(Slot slot, EngineException why) {
    Generation generation = slot.generation;
    vacate(slot);
    generation.fail(why);
  }

  private void vacate(Slot slot) {
    context.removeSequence(slot.sequence, -1, -1);
    slot.free();
    publishLoad();
  }

  private void failAll() {
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        fail(slot, new EngineException(EngineException.Kind.FAILED, "llama.cpp failed to decode"));
      }
    }
    context.clear();
  }
}
