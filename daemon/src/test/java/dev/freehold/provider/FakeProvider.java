package dev.freehold.provider;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A provider that plays a script, for every request anew. */
public final class FakeProvider implements Provider {

  /** One thing that a stream does when it is read. */
  public sealed interface Step {
    /** Hands out an event. */
    record Say(InferenceEvent event) implements Step {}

    /** Breaks off. */
    record Break(InferenceException.Kind kind, Optional<Duration> retryAfter) implements Step {}

    /** Fails as no provider should. */
    record Crash(Error error) implements Step {}

    /** Does something, such as letting time pass. */
    record Do(Runnable action) implements Step {}

    /** Waits until the latch opens or the stream is closed. */
    record Await(CountDownLatch latch) implements Step {}
  }

  private final String name;
  private volatile List<Step> script = List.of();
  private final List<Attempt> attempts = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

  public FakeProvider(String name) {
    this.name = name;
  }

  /** Answers with these pieces of text, and stops. */
  public FakeProvider answers(String... pieces) {
    List<Step> steps = new ArrayList<>();
    for (String piece : pieces) {
      steps.add(say(piece));
    }
    steps.add(finish(pieces.length));
    return plays(steps);
  }

  public FakeProvider fails(InferenceException.Kind kind) {
    return plays(List.of(new Step.Break(kind, Optional.empty())));
  }

  public FakeProvider plays(List<Step> steps) {
    script = List.copyOf(steps);
    return this;
  }

  public static Step say(String text) {
    return new Step.Say(new InferenceEvent.TextDelta(text));
  }

  public static Step finish(int completionTokens) {
    return new Step.Say(
        new InferenceEvent.Finished(FinishReason.STOP, new Usage(7, 2, completionTokens)));
  }

  /** Ends the answer for this reason. */
  public static Step finish(FinishReason reason) {
    return new Step.Say(new InferenceEvent.Finished(reason, new Usage(5, 0, 9)));
  }

  public static Step reason(String text) {
    return new Step.Say(new InferenceEvent.ReasoningDelta(text));
  }

  /** A piece of a tool call; its id and its name may be null, and are in the later pieces. */
  public static Step call(int index, String id, String name, String arguments) {
    return new Step.Say(
        new InferenceEvent.ToolCallDelta(
            index, Optional.ofNullable(id), Optional.ofNullable(name), arguments));
  }

  public static Step breaks(InferenceException.Kind kind) {
    return new Step.Break(kind, Optional.empty());
  }

  /** Every attempt so far. */
  public List<Attempt> attempts() {
    return attempts;
  }

  /** Waits for a stream to be closed, and says for which request. */
  public String awaitClosed() throws InterruptedException {
    String id = closed.poll(10, TimeUnit.SECONDS);
    if (id == null) {
      throw new AssertionError("no stream of provider " + name + " was closed in 10 s");
    }
    return id;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public InferenceStream infer(Attempt attempt) {
    attempts.add(attempt);
    return new Stream(attempt.request().id(), script);
  }

  private final class Stream implements InferenceStream {

    private final String requestId;
    private final List<Step> steps;
    private final CountDownLatch closing = new CountDownLatch(1);
    private int position;
    private int said;

    Stream(String requestId, List<Step> steps) {
      this.requestId = requestId;
      this.steps = steps;
    }

    @Override
    public InferenceEvent next() throws InferenceException, InterruptedException {
      while (true) {
        if (closing.getCount() == 0) {
          throw new InferenceException(InferenceException.Kind.CANCELLED, "closed");
        }
        switch (steps.get(position++)) {
          case Step.Say(InferenceEvent event) -> {
            if (!(event instanceof InferenceEvent.Finished)) {
              said++;
            }
            return event;
          }
          case Step.Break(InferenceException.Kind kind, Optional<Duration> retryAfter) ->
              throw new InferenceException(kind, name + " broke: " + kind, retryAfter, null);
          case Step.Crash(Error error) -> throw error;
          case Step.Do(Runnable action) -> action.run();
          case Step.Await(CountDownLatch latch) -> {
            while (latch.getCount() > 0 && !closing.await(5, TimeUnit.MILLISECONDS)) {
              // Waits on either of two latches.
            }
          }
        }
      }
    }

    @Override
    public Usage usageSoFar() {
      return said == 0 ? Usage.NONE : new Usage(7, 2, said);
    }

    @Override
    public void close() {
      if (closing.getCount() > 0) {
        closing.countDown();
        closed.add(requestId);
      }
    }
  }
}
