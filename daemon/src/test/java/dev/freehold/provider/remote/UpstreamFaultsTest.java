package dev.freehold.provider.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a provider of any API makes of an upstream that refuses, lies or breaks off. */
public abstract class UpstreamFaultsTest extends UpstreamTest {

  /** A provider of the API that is tested, with {@link #KEY}. */
  @Override
  protected abstract RemoteProvider provider();

  /** The events of a good answer. */
  protected abstract List<String> goodAnswer();

  /** An event that tells of a failure and repeats the key. */
  protected abstract String errorEvent();

  /** An error's body that repeats the key. */
  protected abstract String errorBody();

  private InferenceException failure() throws InferenceException {
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      InferenceException e = assertThrows(InferenceException.class, () -> all(stream));
      StringWriter everything = new StringWriter();
      e.printStackTrace(new PrintWriter(everything));
      assertFalse(everything.toString().contains("canary"), everything.toString());
      assertTrue(e.getMessage().contains(provider.name()), e.getMessage());
      return e;
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
  })
  void refusalNeverRepeatsWhatTheProviderSaid(int status, Kind kind) throws InferenceException {
    upstream.answers(FaultyUpstream.error(status, "", errorBody()), Then.CLOSE);
    assertEquals(kind, failure().kind());
  }

  @Test
  void answerThatIsCutAnywhereNeverLooksWhole() throws Exception {
    List<String> good = goodAnswer();
    for (int events = 0; events < good.size() - 1; events++) {
      String cut = FaultyUpstream.events(good.subList(0, events).toArray(String[]::new));
      upstream.answers(cut, Then.CLOSE);
      assertEquals(Kind.PROVIDER_FAILED, failure().kind());
      if (events > 0) {
        upstream.answers(cut + FaultyUpstream.end(), Then.CLOSE);
        assertEquals(Kind.PROVIDER_FAILED, failure().kind());
      }
    }
  }

  @Test
  void emptyAnswerFails() throws Exception {
    upstream.answers(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n",
        Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure().kind());
  }

  @Test
  void nonsenseInTheStreamFails() throws Exception {
    for (String nonsense : List.of("{\"candidates\":[", "[]", "42", "sk-canary", errorEvent())) {
      upstream.answers(
          FaultyUpstream.events(goodAnswer().getFirst(), nonsense), Then.WAIT_FOR_HANG_UP);
      assertEquals(Kind.PROVIDER_FAILED, failure().kind());
    }
  }

  @Test
  void answerOfAnotherTypeFails() throws Exception {
    upstream.answers(FaultyUpstream.error(200, "", "{}"), Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure().kind());
  }

  @Test
  void goodAnswerIsRead() throws Exception {
    upstream.answers(
        FaultyUpstream.events(goodAnswer().toArray(String[]::new)) + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals("Hello", CollectedAnswer.of(all(stream)).text());
    }
  }
}
