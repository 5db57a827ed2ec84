package dev.freehold.engine;

import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One sequence being generated: the reader's end of it, and what the engine's thread keeps about
 * it. The reader calls {@link #read}; {@link #close} may come from any thread.
 */
public final class Generation implements AutoCloseable {

  /** Why a generation ended well. */
  public enum Ending {
    /** The model ended its turn. */
    END_OF_TURN,
    /** A stop text was met. */
    STOP_TEXT,
    /** The request's own limit was reached. */
    LIMIT,
    /** The context is full. */
    CONTEXT_FULL
  }

  private static final int GENERATED_INITIAL = 256;

  /** Tokens with their probabilities that may wait for the reader, some megabytes at most. */
  static final int SCORES_WAITING_MAX = 4_096;

  private final Engine engine;
  private final GenerationRequest request;
  private final int promptTokens;

  /** Null for a prompt of text alone, as nearly all are. */
  private final PromptImages images;

  private final boolean limited;
  private final long submittedNanos = System.nanoTime();
  private final TextRing ring = new TextRing();
  private final byte[] chunk = new byte[TextRing.CAPACITY_BYTES];

  /** Null for the many requests that do not ask. */
  private final LinkedBlockingQueue<ScoredToken> scores;

  /** How much text the reader has taken, in bytes. The reader's own. */
  private long readBytes;

  /* The engine's thread alone writes what follows; readers see it after the volatile writes. */
  final TextAssembler assembler;
  private int[] generated = new int[GENERATED_INITIAL];
  private volatile int generatedCount;
  private volatile boolean admitted;
  private volatile boolean seated;
  private long waitedNanos;
  private long waitingSinceNanos = submittedNanos;
  private volatile long firstTokenNanos;
  private Ending ending;
  private EngineException failure;

  private volatile boolean cancelled;

  Generation(Engine engine, GenerationRequest request, int sequenceTokensMax) {
    this.engine = engine;
    this.request = request;
    this.promptTokens = request.prompt().size();
    this.images = request.images().orElse(null);
    this.limited = completionTokensMax() <= sequenceTokensMax - promptTokens;
    this.assembler = new TextAssembler(ring, request.stopBytes());
    this.scores =
        request.logprobs().isPresent() ? new LinkedBlockingQueue<>(SCORES_WAITING_MAX) : null;
  }

  /**
   * Waits for text and takes it.
   *
   * @return how many bytes of {@link #bytes} are new, always whole UTF-8 characters; -1 at the end
   * @throws EngineException if the generation broke off
   */
  public int read() throws EngineException, InterruptedException {
    while (true) {
      boolean ended = ring.ended();
      int length = ring.take(chunk);
      if (length > 0) {
        readBytes += length;
        return length;
      }
      if (ended) {
        if (failure != null) {
          throw failure;
        }
        return -1;
      }
      ring.await(waitNanos());
    }
  }

  /** A generation that is still queued must not wait past its deadline; a running one may. */
  private long waitNanos() throws EngineException {
    if (admitted) {
      return Long.MAX_VALUE / 4;
    }
    long left = submittedNanos + engine.queueDeadlineNanos() - System.nanoTime();
    if (left <= 0 && engine.withdraw(this)) {
      throw new EngineException(
          EngineException.Kind.QUEUE_TIMEOUT,
          "no slot came free in time: the box is busy, try again later",
          engine.retryAfter());
    }
    return Math.max(left, 1_000_000);
  }

  /** The bytes that {@link #read} filled; the same array each time. */
  public byte[] bytes() {
    return chunk;
  }

  /**
   * The tokens whose text {@link #read} has handed out since the last time, if the request asked
   * for probabilities. A token is told once, and only if some of its text is in the answer: what a
   * stop text swallowed is not.
   */
  public List<ScoredToken> takeScores() {
    List<ScoredToken> taken = new ArrayList<>();
    if (scores == null) {
      return taken;
    }
    // A token is queued before its text can be read, so none of those read is missing here.
    boolean last = ring.ended() && !ring.hasMore();
    for (ScoredToken next = scores.peek(); next != null; next = scores.peek()) {
      boolean whole = next.end() <= readBytes && next.start() < readBytes;
      boolean cut = last && next.start() < readBytes;
      if (!whole && !cut) {
        break;
      }
      taken.add(scores.remove());
    }
    return taken;
  }

  /** Why it ended, once {@link #read} has returned -1. */
  public Ending ending() {
    if (!ring.ended() || ending == null) {
      throw new IllegalStateException("the generation has not ended well");
    }
    return ending;
  }

  public int promptTokens() {
    return promptTokens;
  }

  public int completionTokens() {
    return generatedCount;
  }

  /** From submission to the first token, in nanoseconds; 0 before it. */
  public long firstTokenNanos() {
    return firstTokenNanos;
  }

  /** Ends the generation at the next step boundary and frees its slot. */
  @Override
  public void close() {
    if (!cancelled) {
      cancelled = true;
      engine.cancelled(this);
    }
  }

  boolean hasEnded() {
    return ring.ended();
  }

  boolean isCancelled() {
    return cancelled;
  }

  TokenBuffer prompt() {
    return request.prompt();
  }

  Sampler sampler() {
    return request.sampler();
  }

  boolean specialText() {
    return request.specialText();
  }

  boolean isBackground() {
    return request.background();
  }

  boolean wantsScores() {
    return scores != null;
  }

  int alternatives() {
    return request.logprobs().orElse(0);
  }

  /** False if the reader has left too many behind. */
  boolean addScore(ScoredToken token) {
    return scores.offer(token);
  }

  /** Where the text of the next token begins, in bytes. */
  long writtenBytes() {
    return ring.written();
  }

  boolean isReproducible() {
    return request.reproducible();
  }

  /** The request's own limit, or a number no context reaches. */
  int completionTokensMax() {
    return request.completionTokensMax().orElse(Integer.MAX_VALUE);
  }

  /** Whether its limit, and with it the cells it needs, are known and fit the context. */
  boolean isLimited() {
    return limited;
  }

  void seated() {
    waitedNanos += System.nanoTime() - waitingSinceNanos;
    seated = true;
    admitted = true;
  }

  void unseated() {
    waitingSinceNanos = System.nanoTime();
    seated = false;
  }

  /** Whether it runs at this moment. Any thread may ask. */
  boolean isSeated() {
    return seated;
  }

  /** How long it has waited for a seat so far, the times after it was parked included. */
  long waitedNanos() {
    return waitedNanos + (seated ? 0 : System.nanoTime() - waitingSinceNanos);
  }

  /** Tokens whose value is known: the prompt's and those generated. */
  int knownTokens() {
    return promptTokens + generatedCount;
  }

  PromptImages images() {
    return images;
  }

  /**
   * Where the text that begins at a position ends: at the next image, or where nothing is known.
   */
  int textEnd(int position) {
    return images == null ? knownTokens() : images.textEnd(position, knownTokens());
  }

  int tokenAt(int position) {
    return position < promptTokens
        ? request.prompt().get(position)
        : generated[position - promptTokens];
  }

  void addGenerated(int token) {
    if (generatedCount == generated.length) {
      generated = Arrays.copyOf(generated, generated.length * 2);
    }
    int count = generatedCount;
    generated[count] = token;
    if (count == 0) {
      firstTokenNanos = ageNanos();
    }
    generatedCount = count + 1;
  }

  long ageNanos() {
    return System.nanoTime() - submittedNanos;
  }

  /** The stop text that ended it, once {@link #ending} is {@link Ending#STOP_TEXT}. */
  public Optional<String> stopText() {
    return ending() == Ending.STOP_TEXT
        ? Optional.of(request.stops().get(assembler.met()))
        : Optional.empty();
  }

  void end(Ending why) {
    if (why != Ending.STOP_TEXT) {
      assembler.finish();
    }
    ending = why;
    ring.end();
    request.release();
  }

  void fail(EngineException why) {
    failure = why;
    ring.end();
    request.release();
  }
}
