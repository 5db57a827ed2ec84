package dev.freehold.provider.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.remote.FaultyUpstream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.UpstreamTest;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider of OpenAI's form makes of an upstream that lies or falls silent. */
class OpenAiProviderFaultsTest extends UpstreamTest {

  /** What another thread would do. */
  private static void end(InferenceStream stream) {
    stream.close();
  }

  private InferenceException failure() throws InferenceException {
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      return assertThrows(InferenceException.class, () -> all(stream));
    }
  }

  @Test
  void contextThatIsTooLongIsRecognised() throws InferenceException {
    for (String body :
        List.of(
            "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"x\"}}",
            // llama.cpp's server, then vLLM.
            "{\"error\":{\"code\":400,\"message\":\"x\",\"type\":\"exceed_context_size_error\"}}",
            "{\"object\":\"error\",\"message\":\"This model's maximum context length is 8"
                + " tokens.\"}")) {
      upstream.answers(FaultyUpstream.error(400, "", body), Then.CLOSE);
      assertEquals(Kind.CONTEXT_TOO_LONG, failure().kind(), body);
    }
  }

  @Test
  void whatTheServerCannotDoIsUnsupported() throws InferenceException {
    upstream.answers(FaultyUpstream.error(501, "", "{}"), Then.CLOSE);
    assertEquals(Kind.UNSUPPORTED, failure().kind());
  }

  @Test
  void portThatNobodyListensOnFails() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (RemoteProvider provider =
            provider(
                URI.create("http://127.0.0.1:" + port + "/v1"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10));
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(
          Kind.PROVIDER_FAILED, assertThrows(InferenceException.class, stream::next).kind());
    }
  }

  @Test
  void providerThatStaysSilentTimesOutAndIsHungUpOn() throws Exception {
    upstream.answers("", Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider =
            provider(upstream.url(), Duration.ofMillis(200), Duration.ofSeconds(20));
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(Kind.TIMED_OUT, assertThrows(InferenceException.class, stream::next).kind());
      assertTrue(upstream.sawHangUp());
    }
  }

  @Test
  void providerThatStopsInTheMiddleTimesOutInTotal() throws Exception {
    upstream.answers(FaultyUpstream.events(HELLO), Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider =
            provider(upstream.url(), Duration.ofSeconds(5), Duration.ofMillis(400));
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(new InferenceEvent.TextDelta("Hello"), stream.next());
      assertEquals(Kind.TIMED_OUT, assertThrows(InferenceException.class, stream::next).kind());
      assertTrue(upstream.sawHangUp());
    }
  }

  @Test
  void closingWhileWaitingHangsUpAtOnce() throws Exception {
    upstream.answers("", Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      while (upstream.requests().isEmpty()) {
        Thread.onSpinWait();
      }
      end(stream);
      assertTrue(upstream.sawHangUp());
      assertEquals(Kind.CANCELLED, assertThrows(InferenceException.class, stream::next).kind());
    }
  }

  @Test
  void closingInTheMiddleHangsUpAtOnceAndKeepsTheCount() throws Exception {
    upstream.answers(FaultyUpstream.events(HELLO), Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      stream.next();
      end(stream);
      assertTrue(upstream.sawHangUp());
      assertEquals(1, stream.usageSoFar().completionTokens());
    }
  }

  @Test
  void streamThatIsCutBeforeItsEndFails() throws Exception {
    upstream.answers(FaultyUpstream.events(HELLO), Then.CLOSE);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(new InferenceEvent.TextDelta("Hello"), stream.next());
      assertEquals(
          Kind.PROVIDER_FAILED, assertThrows(InferenceException.class, stream::next).kind());
    }
  }

  @Test
  void streamThatEndsCleanlyButEarlyFails() throws Exception {
    upstream.answers(FaultyUpstream.events(HELLO) + FaultyUpstream.end(), Then.KEEP_OPEN);
    assertEquals(Kind.PROVIDER_FAILED, failure().kind());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[",
        "[]",
        "42",
        "{\"error\":{\"message\":\"sk-canary\"}}",
      })
  void nonsenseInTheStreamFails(String payload) throws InferenceException {
    upstream.answers(FaultyUpstream.events(HELLO, payload), Then.WAIT_FOR_HANG_UP);
    InferenceException e = failure();
    assertEquals(Kind.PROVIDER_FAILED, e.kind());
    assertFalse(e.getMessage().contains("canary"));
  }

  @Test
  void answerThatIsNoEventStreamFails() throws InferenceException {
    upstream.answers(FaultyUpstream.error(200, "", "{\"choices\":[]}"), Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure().kind());
  }

  @Test
  void endlessLineIsCutOff() {
    StringBuilder answer = new StringBuilder(FaultyUpstream.events(HELLO));
    String piece = FaultyUpstream.chunk("x".repeat(64 * 1024));
    for (int i = 0; i < 20; i++) {
      answer.append(piece);
    }
    upstream.answers(answer.toString(), Then.WAIT_FOR_HANG_UP);
    InferenceException e = assertTimeoutPreemptively(Duration.ofSeconds(10), this::failure);
    assertEquals(Kind.PROVIDER_FAILED, e.kind());
  }

  @Test
  void answerThatIsNoHttpFails() throws InferenceException {
    upstream.answers("SSH-2.0-OpenSSH_9.9\r\n\r\n", Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure().kind());
  }
}
