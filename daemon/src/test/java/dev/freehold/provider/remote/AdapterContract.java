package dev.freehold.provider.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.Attempts;
import dev.freehold.provider.remote.FakeApi.Ending;
import dev.freehold.provider.remote.FakeApi.Response;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds of every adapter, whatever API it speaks. */
public abstract class AdapterContract {

  /** Wherever it turns up, a secret got out. */
  public static final String CANARY = "canary0123456789";

  private static final int ANSWERS = 60;
  private static final int CUTS = 60;

  /** A good answer and what is to be made of it. */
  public record Sample(Response response, List<InferenceEvent> events) {}

  protected abstract RemoteProvider open(URI base, Supplier<Optional<String>> credential);

  /** The path under which the provider's base URL is had at the fake. */
  protected abstract String basePath();

  /** A credential with a text in it. */
  protected String credential(String text) {
    return text;
  }

  protected abstract Sample sample(Random random);

  /** A good answer in bytes that are none of this API's. */
  protected abstract List<byte[]> nonsense();

  protected String contentType() {
    return "text/event-stream";
  }

  protected static InferenceRequest chat() {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), List.of(), new ToolChoice.Auto(), true),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  protected static List<InferenceEvent> ask(RemoteProvider provider, InferenceRequest request)
      throws InferenceException, InterruptedException {
    List<InferenceEvent> events = new ArrayList<>();
    ask(provider, request, events);
    return events;
  }

  private static void ask(
      RemoteProvider provider, InferenceRequest request, List<InferenceEvent> events)
      throws InferenceException, InterruptedException {
    try (InferenceStream stream = provider.infer(Attempts.remote(request, provider.spec()))) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof InferenceEvent.Finished));
    }
  }

  protected static long seed() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    return seed;
  }

  protected InferenceException failure(Response response) throws IOException {
    try (FakeApi api = new FakeApi(1, request -> response);
        RemoteProvider provider =
            open(api.url(basePath()), () -> Optional.of(credential(CANARY)))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertSilent(e);
      assertTrue(e.getMessage().contains(provider.name()), e.getMessage());
      return e;
    }
  }

  protected static void assertSilent(Throwable e) {
    StringWriter everything = new StringWriter();
    e.printStackTrace(new PrintWriter(everything));
    assertFalse(everything.toString().contains(CANARY), "a secret got out");
  }

  @Test
  protected void answersArriveWholeHoweverTheyAreCutIntoPieces() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    AtomicReference<Response> next = new AtomicReference<>();
    try (FakeApi api = new FakeApi(seed, request -> next.get());
        RemoteProvider provider =
            open(api.url(basePath()), () -> Optional.of(credential(CANARY)))) {
      for (int i = 0; i < ANSWERS; i++) {
        Sample sample = sample(random);
        next.set(sample.response());
        assertEquals(texts(sample.events()), texts(ask(provider, chat())), "seed " + seed);
      }
    }
  }

  /** What was said before the cut is right, and nobody takes it for the whole. */
  @Test
  protected void answerThatIsCutIsNoAnswer() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    AtomicReference<Response> next = new AtomicReference<>();
    try (FakeApi api = new FakeApi(seed, request -> next.get());
        RemoteProvider provider =
            open(api.url(basePath()), () -> Optional.of(credential(CANARY)))) {
      for (int i = 0; i < CUTS; i++) {
        Sample sample = sample(random);
        int after = random.nextInt(sample.response().body().length);
        Ending ending = random.nextBoolean() ? Ending.CLEAN : Ending.CUT;
        next.set(sample.response().ending(ending, after));
        List<InferenceEvent> events = new ArrayList<>();
        try {
          ask(provider, chat(), events);
          // Only what comes after all of the answer was lost.
          assertEquals(
              words(sample.events()), words(events), "seed " + seed + ", cut after " + after);
          assertEquals(reason(sample.events()), reason(events), "seed " + seed);
        } catch (InferenceException e) {
          assertEquals(Kind.PROVIDER_FAILED, e.kind(), "seed " + seed);
          assertTrue(words(sample.events()).startsWith(words(events)), "seed " + seed);
          assertSilent(e);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, INVALID_REQUEST",
    "401, PROVIDER_REFUSED",
    "402, PROVIDER_REFUSED",
    "403, PROVIDER_REFUSED",
    "404, PROVIDER_FAILED",
    "429, PROVIDER_LIMITED",
    "500, PROVIDER_FAILED",
    "503, PROVIDER_FAILED",
    "529, PROVIDER_FAILED",
    "307, PROVIDER_FAILED",
  })
  protected void refusalNeverRepeatsWhatTheProviderSaid(int status, Kind kind) throws IOException {
    String echo =
        "{\"message\":\"bad key " + CANARY + "\",\"error\":{\"message\":\"" + CANARY + "\"}}";
    Response refusal = Response.json(status, echo).with("Location", "http://127.0.0.1:1/");
    InferenceException e = failure(refusal);
    assertEquals(kind, e.kind());
    assertTrue(e.getMessage().contains(Integer.toString(status)), e.getMessage());
    assertEquals(Optional.empty(), e.retryAfter());
    assertEquals(kind, failure(Response.json(status, CANARY)).kind());
  }

  @Test
  protected void waitThatTheProviderAsksForIsKept() throws IOException {
    InferenceException e = failure(Response.json(429, "{}").with("Retry-After", "17"));
    assertEquals(Kind.PROVIDER_LIMITED, e.kind());
    assertEquals(Optional.of(Duration.ofSeconds(17)), e.retryAfter());
  }

  @Test
  protected void nonsenseIsNoAnswer() throws IOException {
    for (byte[] body : nonsense()) {
      assertEquals(Kind.PROVIDER_FAILED, failure(Response.of(200, contentType(), body)).kind());
    }
    byte[] page = "<html>canary</html>".getBytes(StandardCharsets.UTF_8);
    assertEquals(Kind.PROVIDER_FAILED, failure(Response.of(200, "text/html", page)).kind());
  }

  @Test
  protected void serverWithoutTlsIsNotSpokenTo() throws Exception {
    try (FakeApi api = new FakeApi(1, request -> Response.json(200, "{}"));
        RemoteProvider provider =
            open(
                URI.create(api.url(basePath()).toString().replace("http:", "https:")),
                () -> Optional.of(credential(CANARY)))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertEquals(Kind.PROVIDER_FAILED, e.kind());
      assertEquals(List.of(), api.requests());
    }
  }

  /** No restart, no new policy: the next request has the new key. */
  @Test
  protected void newCredentialIsUsedFromTheNextRequestOn() throws Exception {
    AtomicReference<String> current = new AtomicReference<>(credential(CANARY));
    Sample sample = sample(new Random(1));
    try (FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider = open(api.url(basePath()), () -> Optional.of(current.get()))) {
      ask(provider, chat());
      current.set(credential("rotated" + CANARY));
      ask(provider, chat());
      ask(provider, chat());
      List<String> keys =
          api.requests().stream()
              .filter(request -> !request.path().contains("token"))
              .map(request -> key(request))
              .toList();
      assertEquals(3, keys.size());
      assertNotEquals(keys.get(0), keys.get(1));
      assertEquals(keys.get(1), keys.get(2));
      assertFalse(provider.spec().toString().contains(CANARY));
    }
  }

  /** What a request shows of its credential, such as a header. */
  protected String key(FakeApi.Request request) {
    return request.headers().getOrDefault("authorization", "")
        + request.headers().getOrDefault("api-key", "");
  }

  /** Deltas that follow each other are one text, however they were cut. */
  protected static List<String> texts(List<InferenceEvent> events) {
    List<String> texts = new ArrayList<>();
    String last = "";
    for (InferenceEvent event : events) {
      String kind = kind(event);
      if (kind.equals(last)) {
        texts.add(texts.removeLast() + word(event));
      } else {
        texts.add(kind + word(event));
      }
      last = kind;
    }
    return texts;
  }

  private static String words(List<InferenceEvent> events) {
    StringBuilder words = new StringBuilder();
    for (InferenceEvent event : events) {
      if (!(event instanceof InferenceEvent.Finished)) {
        words.append(word(event));
      }
    }
    return words.toString();
  }

  private static FinishReason reason(List<InferenceEvent> events) {
    return ((InferenceEvent.Finished) events.getLast()).reason();
  }

  private static String kind(InferenceEvent event) {
    return switch (event) {
      case InferenceEvent.ToolCallDelta call -> "call " + call.index() + " ";
      case InferenceEvent.TextDelta _ -> "text ";
      case InferenceEvent.ReasoningDelta _ -> "reasoning ";
      case InferenceEvent.Logprobs _,
          InferenceEvent.Embedded _,
          InferenceEvent.Scored _,
          InferenceEvent.Finished _ ->
          event.getClass().getSimpleName() + " ";
    };
  }

  private static String word(InferenceEvent event) {
    return switch (event) {
      case InferenceEvent.TextDelta(String text) -> text;
      case InferenceEvent.ReasoningDelta(String text) -> text;
      case InferenceEvent.ToolCallDelta call ->
          call.id().orElse("") + call.name().orElse("") + call.arguments();
      case InferenceEvent.Logprobs _,
          InferenceEvent.Embedded _,
          InferenceEvent.Scored _,
          InferenceEvent.Finished _ ->
          event.toString();
    };
  }
}
