package dev.freehold.provider.gemini;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FaultyUpstream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import dev.freehold.provider.remote.UpstreamFaultsTest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Gemini's adapter makes of an upstream that refuses, lies or breaks off. */
class GeminiFaultsTest extends UpstreamFaultsTest {

  @Override
  protected RemoteProvider provider() {
    URI base = upstream.url().resolve("/");
    URI url = URI.create(base.toString().replaceFirst("/$", ""));
    ProviderSpec spec =
        ProviderSpecs.of("google", ProviderSpec.Kind.GEMINI, TrustClass.CLOUD)
            .url(url)
            .model("gemini-x")
            .spec();
    return RemoteProviders.of(
        spec,
        url,
        new GeminiProtocol(url),
        Authorizer.header("x-goog-api-key", () -> Optional.of(KEY)));
  }

  @Override
  protected List<String> goodAnswer() {
    return List.of(
        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hel\"}]}}]}",
        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"}]}}]}",
        "{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"STOP\"}]}");
  }

  @Override
  protected String errorEvent() {
    return "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"" + KEY + "\"}}";
  }

  @Override
  protected String errorBody() {
    return "[{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\",\"message\":\""
        + KEY
        + "\"}}]";
  }

  private InferenceException failure(String answer) throws InferenceException {
    upstream.answers(answer, Then.CLOSE);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      return assertThrows(InferenceException.class, () -> all(stream));
    }
  }

  @Test
  void requestIsSentAsDocumented() throws Exception {
    upstream.answers(
        FaultyUpstream.events(goodAnswer().toArray(String[]::new)) + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      all(stream);
    }
    String head = upstream.requests().getFirst().head();
    assertEquals(
        "POST /v1beta/models/gemini-x:streamGenerateContent?alt=sse HTTP/1.1",
        head.lines().findFirst().orElseThrow());
    assertTrue(head.lines().anyMatch(("x-goog-api-key: " + KEY)::equalsIgnoreCase), head);
  }

  @Test
  void promptThatIsBlockedIsRefused() throws Exception {
    String blocked = "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}";
    assertEquals(
        Kind.PROVIDER_REFUSED,
        failure(FaultyUpstream.events(blocked) + FaultyUpstream.end()).kind());
  }

  @Test
  void answerThatEndedForABadReasonIsNone() throws Exception {
    for (String reason : List.of("MALFORMED_FUNCTION_CALL", "OTHER", "OF_A_LATER_VERSION")) {
      String bad = "{\"candidates\":[{\"finishReason\":\"" + reason + "\"}]}";
      assertEquals(
          Kind.PROVIDER_FAILED, failure(FaultyUpstream.events(bad) + FaultyUpstream.end()).kind());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RESOURCE_EXHAUSTED, PROVIDER_LIMITED",
    "UNAUTHENTICATED, PROVIDER_REFUSED",
    "INTERNAL, PROVIDER_FAILED",
  })
  void errorInTheStreamKeepsItsKind(String status, Kind kind) throws Exception {
    String error = "{\"error\":{\"status\":\"" + status + "\"}}";
    assertEquals(kind, failure(FaultyUpstream.events(error)).kind());
  }

  @Test
  void wrongKeyIsTheOperatorsToMend() throws Exception {
    String body =
        "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}";
    assertEquals(Kind.PROVIDER_REFUSED, failure(FaultyUpstream.error(400, "", body)).kind());
  }

  @Test
  void promptThatIsTooLongIsRecognised() throws Exception {
    String body =
        "[{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"message\":\"The input token count (9)"
            + " exceeds the maximum number of tokens allowed (8).\"}}]";
    assertEquals(Kind.CONTEXT_TOO_LONG, failure(FaultyUpstream.error(400, "", body)).kind());
  }

  @Test
  void waitInTheBodyIsKeptAndADaysQuotaIsNotWaitedFor() throws Exception {
    String quota =
        "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{\"quotaId\":"
            + "\"RequestsPer%s\"}]},{\"retryDelay\":\"32.4s\"}]}}";
    InferenceException limited = failure(FaultyUpstream.error(429, "", quota.formatted("Minute")));
    assertEquals(Kind.PROVIDER_LIMITED, limited.kind());
    assertEquals(Optional.of(Duration.ofSeconds(33)), limited.retryAfter());
    assertEquals(
        Kind.PROVIDER_REFUSED,
        failure(FaultyUpstream.error(429, "", quota.formatted("DayPerProject"))).kind());
  }
}
