package dev.freehold.provider;

import dev.freehold.engine.EngineException;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import dev.freehold.provider.LocalProvider.LocalPrompt;
import java.time.Duration;
import java.util.Optional;

/**
 * An answer of a model of this box. It starts when it is first read: with the prompt that routing
 * prepared, or, where the model was not loaded then, with one that it prepares itself once the
 * model is. A model that is closed before it has said anything (its time to drain was up) is asked
 * again as it is now.
 */
final class LocalAnswer implements InferenceStream {

  /** A request that meets so many closing models is told so. */
  private static final int STARTS_MAX = 3;

  private final LocalProvider provider;
  private final Attempt attempt;

  /* The reading thread's own. */
  private boolean begun;
  private int starts;

  /* Guarded by this. */
  private InferenceStream running;
  private LocalPrompt own;
  private Thread starting;
  private boolean reading;
  private boolean closed;

  LocalAnswer(LocalProvider provider, Attempt attempt) {
    this.provider = provider;
    this.attempt = attempt;
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    synchronized (this) {
      requireOpen();
      reading = true;
    }
    try {
      return begun ? running().next() : first();
    } finally {
      LocalPrompt unused;
      synchronized (this) {
        reading = false;
        unused = closed ? takeOwn() : null;
      }
      close(unused);
    }
  }

  private InferenceEvent first() throws InferenceException, InterruptedException {
    while (true) {
      try {
        InferenceStream stream = start();
        InferenceEvent event = stream.next();
        begun = true;
        return event;
      } catch (InferenceException e) {
        if (!mayStartAgain(e)) {
          throw e;
        }
      }
    }
  }

  private InferenceStream start() throws InferenceException, InterruptedException {
    starts++;
    ModelPrompt prompt;
    if (starts == 1 && attempt.prepared().orElse(null) instanceof LocalPrompt prepared) {
      prompt = prepared.prompt();
    } else {
      prompt = prepareOwn().prompt();
    }
    InferenceStream stream = start(prompt);
    synchronized (this) {
      if (!closed) {
        running = stream;
        return stream;
      }
    }
    stream.close();
    throw cancelled();
  }

  /**
   * A model can be closed beneath a request that another provider has kept for long. A prompt's
   * images are computed here, which may take long: {@link #close} interrupts it.
   */
  private InferenceStream start(ModelPrompt prompt) throws InferenceException {
    synchronized (this) {
      requireOpen();
      starting = Thread.currentThread();
    }
    try {
      return prompt.start(attempt.request());
    } catch (IllegalStateException e) {
      throw new InferenceException(
          Kind.UNAVAILABLE,
          "the model was replaced while the request began: try again",
          Optional.of(Duration.ofSeconds(1)),
          e);
    } finally {
      synchronized (this) {
        starting = null;
        if (closed) {
          // The interruption was meant for this wait and for no later one.
          boolean _ = Thread.interrupted();
        }
      }
    }
  }

  private LocalPrompt prepareOwn() throws InferenceException, InterruptedException {
    LocalPrompt before;
    synchronized (this) {
      running = null;
      before = takeOwn();
    }
    close(before);
    Lease lease =
        provider.awaitLease(attempt.request().model(), attempt.deadline(), this::isClosed);
    LocalPrompt prepared = provider.prepare(lease, attempt.request());
    synchronized (this) {
      // Closed or not, this thread is reading: it closes the prompt when it stops.
      own = prepared;
    }
    return prepared;
  }

  private boolean mayStartAgain(InferenceException e) {
    boolean modelIsGone =
        switch (e.getCause()) {
          case EngineException engine -> engine.kind() == EngineException.Kind.STOPPED;
          case IllegalStateException _ -> true;
          case null, default -> false;
        };
    return modelIsGone && starts < STARTS_MAX && !isClosed();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized InferenceStream running() throws InferenceException {
    requireOpen();
    return running;
  }

  private synchronized void requireOpen() throws InferenceException {
    if (closed) {
      throw cancelled();
    }
  }

  private synchronized LocalPrompt takeOwn() {
    LocalPrompt taken = own;
    own = null;
    return taken;
  }

  private static InferenceException cancelled() {
    return new InferenceException(Kind.CANCELLED, "the request was ended");
  }

  private static void close(LocalPrompt prompt) {
    if (prompt != null) {
      prompt.close();
    }
  }

  @Override
  public Usage usageSoFar() {
    InferenceStream current;
    synchronized (this) {
      current = running;
    }
    return current == null ? Usage.NONE : current.usageSoFar();
  }

  /** What the answer's reader still uses is left to the reading thread. */
  @Override
  public void close() {
    InferenceStream stream;
    LocalPrompt unused;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (starting != null) {
        starting.interrupt();
      }
      stream = running;
      unused = reading ? null : takeOwn();
    }
    if (stream != null) {
      stream.close();
    }
    provider.wakeWaiting();
    close(unused);
  }
}
