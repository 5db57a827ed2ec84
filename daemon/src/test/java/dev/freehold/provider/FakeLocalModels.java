package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Counts a prompt's words as its tokens. */
public final class FakeLocalModels implements LocalModels {

  private final AtomicInteger open = new AtomicInteger();
  private final Map<String, ModelStatus> statuses = new ConcurrentHashMap<>();
  private final Semaphore closedVocabularies = new Semaphore(0);
  private final CountDownLatch waitGivenUp = new CountDownLatch(1);
  private volatile CountDownLatch loaded = new CountDownLatch(0);
  private volatile double queueSeconds;
  private volatile Optional<InferenceException.Kind> failure = Optional.empty();

  public FakeLocalModels queueSeconds(double seconds) {
    queueSeconds = seconds;
    return this;
  }

  public FakeLocalModels fails(InferenceException.Kind kind) {
    failure = Optional.of(kind);
    return this;
  }

  /** Prompts that were prepared and not closed. */
  public int openPrompts() {
    return open.get();
  }

  @Override
  public PreparedPrompt prepare(InferenceRequest request) throws InferenceException {
    if (failure.isPresent()) {
      throw new InferenceException(failure.get(), "the fake cannot prepare");
    }
    open.incrementAndGet();
    return new Prepared(words(request.prompt()));
  }

  /** One token a character, its code point. */
  @Override
  public Vocabulary vocabulary(String model, Instant deadline) throws InterruptedException {
    try {
      loaded.await();
    } catch (InterruptedException e) {
      waitGivenUp.countDown();
      throw e;
    }
    return new Characters();
  }

  /** Lets those who ask for a vocabulary wait until a model is loaded. */
  public void loadWith(CountDownLatch latch) {
    loaded = latch;
  }

  /** Waits until somebody has stopped waiting for a model. */
  public void awaitWaitGivenUp() throws InterruptedException {
    if (!waitGivenUp.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("a vocabulary is still waited for after 10 s");
    }
  }

  /** Waits until a vocabulary has been closed. */
  public void awaitVocabularyClosed() throws InterruptedException {
    if (!closedVocabularies.tryAcquire(10, TimeUnit.SECONDS)) {
      throw new AssertionError("no vocabulary was closed in 10 s");
    }
  }

  @Override
  public PreparedPrompt prepareLoaded(InferenceRequest request, Instant deadline)
      throws InferenceException {
    return prepare(request);
  }

  @Override
  public Optional<ModelStatus> status(String model) {
    return Optional.ofNullable(statuses.get(model));
  }

  /** Says how a model is doing; without it, the box does not serve it itself. */
  public void status(String model, ModelStatus status) {
    statuses.put(model, status);
  }

  @Override
  public double queueSeconds() {
    return queueSeconds;
  }

  private static int words(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Text text -> text.text().split(" ", -1).length;
      case Prompt.Infill infill -> infill.before().split(" ", -1).length;
      case Prompt.Embedding embedding -> embedding.inputs().size();
      case Prompt.Ranking ranking -> ranking.documents().size();
      case Prompt.Chat chat -> {
        int sum = 0;
        for (Message message : chat.messages()) {
          sum += message.text().split(" ", -1).length;
        }
        yield sum;
      }
    };
  }

  private final class Characters implements Vocabulary {

    @Override
    public int[] tokens(String text, boolean addSpecial, boolean parseSpecial) {
      return text.codePoints().toArray();
    }

    @Override
    public byte[] piece(int token) {
      return Character.toString(token).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String text(int[] tokens) throws InferenceException {
      StringBuilder text = new StringBuilder();
      for (int token : tokens) {
        if (!Character.isValidCodePoint(token)) {
          throw new InferenceException(Kind.INVALID_REQUEST, "no such character");
        }
        text.appendCodePoint(token);
      }
      return text.toString();
    }

    @Override
    public String prompt(InferenceRequest request) {
      Prompt.Chat chat = (Prompt.Chat) request.prompt();
      return chat.messages().stream().map(Message::text).collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
      closedVocabularies.release();
    }
  }

  private final class Prepared implements PreparedPrompt {

    private final int tokens;

    Prepared(int tokens) {
      this.tokens = tokens;
    }

    @Override
    public int tokens() {
      return tokens;
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }
}
