package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts a prompt's words as its tokens. */
public final class FakeLocalModels implements LocalModels {

  private final AtomicInteger open = new AtomicInteger();
  private final Map<String, ModelStatus> statuses = new ConcurrentHashMap<>();
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
