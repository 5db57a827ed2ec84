package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestAuthority;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.ProviderSpec.Kind;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.Attempts;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Ending;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.RemoteProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault once over real sockets, behind each adapter as the daemon assembles it. */
class EveryFaultTest {

  private static final String KEY = "sk_canary_0123456789";
  private static final Duration PATIENCE = Duration.ofMillis(400);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String WHOLE = String.join("", FaultyWayOut.WORDS);

  private final ClientIdentity device = identity();
  private final StringBuilder said = new StringBuilder();

  /** Where time is not what is tried there is enough of it, whatever else the machine does. */
  private Duration firstToken = LONG;

  private Duration idle = LONG;

  private static ClientIdentity identity() {
    TestAuthority.Credential own = TestAuthority.create("devices").client("CN=box");
    return new ClientIdentity(own.keys().getPrivate(), own.chain());
  }

  private RemoteProvider provider(Kind kind, URI url) {
    ProviderSpec spec =
        ProviderSpecs.of("far", kind, TrustClass.CLOUD)
            .region("eu-central-1")
            .url(url)
            .credential("far-key")
            .timeouts(Duration.ofSeconds(2), firstToken, idle, LONG)
            .spec();
    String credential =
        kind == Kind.BEDROCK
            ? "{\"accessKeyId\":\"%s\",\"secretAccessKey\":\"%s\"}".formatted(KEY, KEY)
            : KEY;
    return RemoteProviders.overNetwork().open(spec, () -> Optional.of(credential), device);
  }

  private void ask(Kind kind, URI url) throws InferenceException, InterruptedException {
    InferenceRequest request =
        new InferenceRequest(
            "r-1",
            "assistant",
            new Prompt.Chat(
                List.of(Message.of(Message.Role.USER, "hi")),
                List.of(),
                new ToolChoice.Auto(),
                true),
            Sampling.defaults(),
            new OutputFormat.Text(),
            OptionalInt.empty());
    try (RemoteProvider provider = provider(kind, url);
        InferenceStream stream = provider.infer(Attempts.remote(request, provider.spec()))) {
      InferenceEvent event;
      do {
        event = stream.next();
        if (event instanceof InferenceEvent.TextDelta(String more)) {
          said.append(more);
        }
      } while (!(event instanceof InferenceEvent.Finished));
    }
  }

  private InferenceException failure(Kind kind, URI url) {
    InferenceException e = assertThrows(InferenceException.class, () -> ask(kind, url));
    StringWriter everything = new StringWriter();
    e.printStackTrace(new PrintWriter(everything));
    assertFalse(everything.toString().contains("canary"), everything.toString());
    assertTrue(e.getMessage().contains("'far'"), e.getMessage());
    return e;
  }

  private InferenceException failure(Kind kind, Response response) throws IOException {
    try (FakeApi api = new FakeApi(1, _ -> response)) {
      return failure(kind, api.url(""));
    }
  }

  private static Response good(Kind kind) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    SpokenAnswers.of(kind, FaultyWayOut.WORDS).forEach(body::writeBytes);
    return Response.of(200, SpokenAnswers.contentType(kind), body.toByteArray());
  }

  /** How much of the answer is sent once all but its last word is. */
  private static int inTheMiddle(Kind kind) {
    String last = FaultyWayOut.WORDS.getLast();
    return SpokenAnswers.of(kind, FaultyWayOut.WORDS).stream()
        .takeWhile(event -> !new String(event, StandardCharsets.ISO_8859_1).contains(last))
        .mapToInt(event -> event.length)
        .sum();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void goodAnswerIsWhole(Kind kind) throws Exception {
    try (FakeApi api = new FakeApi(1, _ -> good(kind))) {
      ask(kind, api.url(""));
    }
    assertEquals(WHOLE, said.toString());
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void refusedConnectionFails(Kind kind) throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    InferenceException e = failure(kind, URI.create("http://127.0.0.1:" + port));
    assertEquals(InferenceException.Kind.PROVIDER_FAILED, e.kind());
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void certificateOfNobodyIsToldNothing(Kind kind) throws Exception {
    try (FakeApi api =
        FakeApi.overTls(TestAuthority.create("nobody").server().serverContext(), _ -> good(kind))) {
      InferenceException e = failure(kind, api.url(""));
      assertEquals(InferenceException.Kind.PROVIDER_FAILED, e.kind());
      assertEquals(List.of(), api.requests());
    }
  }

  /** Before the first word and after it. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void silenceEndsInTime(Kind kind) throws IOException {
    for (int sent : List.of(0, inTheMiddle(kind))) {
      said.setLength(0);
      beImpatient(sent);
      long began = System.nanoTime();
      InferenceException e = failure(kind, good(kind).ending(Ending.STALLED, sent));
      assertEquals(InferenceException.Kind.TIMED_OUT, e.kind());
      assertTrue(Duration.ofNanos(System.nanoTime() - began).compareTo(LONG) < 0, "not at once");
      assertEquals(sent > 0, !said.isEmpty(), said.toString());
      assertFalse(said.toString().equals(WHOLE));
    }
  }

  /** With the limit that is tried, and with no other. */
  private void beImpatient(int sent) {
    firstToken = sent == 0 ? PATIENCE : LONG;
    idle = sent == 0 ? LONG : PATIENCE;
  }

  /** Bytes keep coming, but none of them says a word in time. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void dripOfBytesIsNoAnswer(Kind kind) throws IOException {
    for (int sent : List.of(0, inTheMiddle(kind))) {
      said.setLength(0);
      beImpatient(sent);
      InferenceException e = failure(kind, good(kind).ending(Ending.DRIPPED, sent));
      assertEquals(InferenceException.Kind.TIMED_OUT, e.kind());
      assertFalse(said.toString().equals(WHOLE));
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void answerThatBreaksOffFails(Kind kind) throws IOException {
    for (Ending ending : List.of(Ending.CUT, Ending.CLEAN)) {
      said.setLength(0);
      InferenceException e = failure(kind, good(kind).ending(ending, inTheMiddle(kind)));
      assertEquals(InferenceException.Kind.PROVIDER_FAILED, e.kind());
      assertTrue(WHOLE.startsWith(said.toString()) && !said.isEmpty(), said.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void nonsenseWithinAnAnswerFails(Kind kind) throws IOException {
    byte[] body = good(kind).body().clone();
    int middle = inTheMiddle(kind);
    for (int i = 0; i < 12; i++) {
      body[middle + i] = (byte) "\n\ndata: {\"x\n".charAt(i);
    }
    InferenceException e = failure(kind, Response.of(200, SpokenAnswers.contentType(kind), body));
    assertEquals(InferenceException.Kind.PROVIDER_FAILED, e.kind());
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ENGINE", "PEER"})
  void refusalsAreToldApartAndRepeatNothing(Kind kind) throws IOException {
    String echo = "{\"error\":{\"message\":\"%s\"},\"message\":\"%s\"}".formatted(KEY, KEY);
    assertEquals(
        InferenceException.Kind.PROVIDER_REFUSED, failure(kind, Response.json(401, echo)).kind());
    assertEquals(
        InferenceException.Kind.PROVIDER_FAILED, failure(kind, Response.json(500, echo)).kind());
    InferenceException limited = failure(kind, Response.json(429, echo));
    assertEquals(InferenceException.Kind.PROVIDER_LIMITED, limited.kind());
    assertEquals(Optional.empty(), limited.retryAfter());
    InferenceException waits = failure(kind, Response.json(429, echo).with("Retry-After", "7"));
    assertEquals(InferenceException.Kind.PROVIDER_LIMITED, waits.kind());
    assertEquals(Optional.of(Duration.ofSeconds(7)), waits.retryAfter());
  }
}
