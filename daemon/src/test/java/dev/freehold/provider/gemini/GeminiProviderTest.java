package dev.freehold.provider.gemini;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.CollectedAnswer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.RandomTexts;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gemini against a fake of its API. */
class GeminiProviderTest extends AdapterContract {

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    ProviderSpec spec =
        ProviderSpecs.of("google", ProviderSpec.Kind.GEMINI, TrustClass.CLOUD)
            .url(base)
            .model("gemini-x")
            .spec();
    return RemoteProviders.of(
        spec, base, new GeminiProtocol(base), Authorizer.header("x-goog-api-key", credential));
  }

  @Override
  protected String basePath() {
    return "";
  }

  @Override
  protected String key(FakeApi.Request request) {
    return request.headers().getOrDefault("x-goog-api-key", "");
  }

  @Override
  protected Sample sample(Random random) {
    RandomTexts texts = new RandomTexts(random);
    CollectedAnswer answer = texts.answer();
    try {
      byte[] stream = GeminiFormTest.streamed(answer, texts, random).getBytes(UTF_8);
      return new Sample(Response.of(200, contentType(), stream), answer.events());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected List<byte[]> nonsense() {
    return Stream.of(
            "",
            "data: {\"candidates\":[\n\n",
            "data: []\n\n",
            "data: 42\n\n",
            "data: " + CANARY + "\n\n",
            "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\""
                + CANARY
                + "\"}}\n\n")
        .map(stream -> stream.getBytes(UTF_8))
        .toList();
  }

  private InferenceException failureOf(String event) throws IOException {
    byte[] stream = ("data: " + event + "\n\n").getBytes(UTF_8);
    return failure(Response.of(200, contentType(), stream));
  }

  @Test
  void requestIsSentAsDocumented() throws Exception {
    Sample sample = sample(new Random(1));
    try (FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider = open(api.url(""), () -> Optional.of("secret"))) {
      ask(provider, chat());
      FakeApi.Request request = api.requests().getFirst();
      assertEquals("/v1beta/models/gemini-x:streamGenerateContent?alt=sse", request.path());
      assertEquals("secret", request.headers().get("x-goog-api-key"));
    }
  }

  @Test
  void promptThatIsBlockedIsRefused() throws Exception {
    assertEquals(
        Kind.PROVIDER_REFUSED,
        failureOf("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}").kind());
  }

  @Test
  void answerThatEndedForABadReasonIsNone() throws Exception {
    for (String reason : List.of("MALFORMED_FUNCTION_CALL", "OTHER", "OF_A_LATER_VERSION")) {
      assertEquals(
          Kind.PROVIDER_FAILED,
          failureOf("{\"candidates\":[{\"finishReason\":\"" + reason + "\"}]}").kind());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RESOURCE_EXHAUSTED, PROVIDER_LIMITED",
    "UNAUTHENTICATED, PROVIDER_REFUSED",
    "INTERNAL, PROVIDER_FAILED",
  })
  void errorInTheStreamKeepsItsKind(String status, Kind kind) throws Exception {
    assertEquals(kind, failureOf("{\"error\":{\"status\":\"" + status + "\"}}").kind());
  }

  @Test
  void wrongKeyIsTheOperatorsToMend() throws Exception {
    String body =
        "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}";
    assertEquals(Kind.PROVIDER_REFUSED, failure(Response.json(400, body)).kind());
  }

  @Test
  void promptThatIsTooLongIsRecognised() throws Exception {
    String body =
        "[{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"message\":\"The input token count (9)"
            + " exceeds the maximum number of tokens allowed (8).\"}}]";
    assertEquals(Kind.CONTEXT_TOO_LONG, failure(Response.json(400, body)).kind());
  }

  @Test
  void waitInTheBodyIsKeptAndADaysQuotaIsNotWaitedFor() throws Exception {
    String quota =
        "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{\"quotaId\":"
            + "\"RequestsPer%s\"}]},{\"retryDelay\":\"32.4s\"}]}}";
    InferenceException limited = failure(Response.json(429, quota.formatted("Minute")));
    assertEquals(Kind.PROVIDER_LIMITED, limited.kind());
    assertEquals(Optional.of(Duration.ofSeconds(33)), limited.retryAfter());
    assertEquals(
        Kind.PROVIDER_REFUSED,
        failure(Response.json(429, quota.formatted("DayPerProject"))).kind());
  }
}
