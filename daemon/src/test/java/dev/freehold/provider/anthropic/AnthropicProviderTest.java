package dev.freehold.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.CollectedAnswer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.Protocol.Rejection;
import dev.freehold.provider.remote.RandomTexts;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Anthropic against a fake of its API. */
class AnthropicProviderTest extends AdapterContract {

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    ProviderSpec spec =
        ProviderSpecs.of("claude", ProviderSpec.Kind.ANTHROPIC, TrustClass.CLOUD)
            .url(base)
            .model("claude-x")
            .spec();
    return RemoteProviders.of(
        spec,
        base,
        new AnthropicProtocol(base, Optional.empty()),
        Authorizer.header("x-api-key", credential));
  }

  @Override
  protected String basePath() {
    return "";
  }

  @Override
  protected String key(FakeApi.Request request) {
    return request.headers().getOrDefault("x-api-key", "");
  }

  @Override
  protected Sample sample(Random random) {
    RandomTexts texts = new RandomTexts(random);
    CollectedAnswer answer = texts.answer();
    byte[] stream = AnthropicFormTest.streamed(answer, texts, random).getBytes(UTF_8);
    return new Sample(Response.of(200, contentType(), stream), answer.events());
  }

  @Override
  protected List<byte[]> nonsense() {
    return Stream.of(
            "",
            "data: {\"type\":\"message_start\"\n\n",
            "data: []\n\n",
            "data: 42\n\n",
            "data: " + CANARY + "\n\n",
            error("overloaded_error"))
        .map(stream -> stream.getBytes(UTF_8))
        .toList();
  }

  private static String error(String type) {
    return "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}\n\n"
        .formatted(type, CANARY);
  }

  @Test
  void requestIsSentAsDocumented() throws Exception {
    Sample sample = sample(new Random(1));
    try (FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider = open(api.url(""), () -> Optional.of("secret"))) {
      ask(provider, chat());
      FakeApi.Request request = api.requests().getFirst();
      assertEquals("/v1/messages", request.path());
      assertEquals("secret", request.headers().get("x-api-key"));
      assertEquals("2023-06-01", request.headers().get("anthropic-version"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "rate_limit_error, PROVIDER_LIMITED",
    "billing_error, PROVIDER_REFUSED",
    "overloaded_error, PROVIDER_FAILED",
    "api_error, PROVIDER_FAILED",
  })
  void errorInTheStreamKeepsItsKind(String type, Kind kind) throws Exception {
    byte[] stream = error(type).getBytes(UTF_8);
    assertEquals(kind, failure(Response.of(200, contentType(), stream)).kind());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "invalid_request_error | prompt is too long: 210000 tokens > 200000 maximum |"
            + " CONTEXT_TOO_LONG",
        "invalid_request_error | input length and `max_tokens` exceed context limit: 1 + 2 > 2 |"
            + " CONTEXT_TOO_LONG",
        "request_too_large | x | CONTEXT_TOO_LONG",
        "billing_error | x | ACCOUNT",
        "invalid_request_error | Your credit balance is too low to access the API. | ACCOUNT",
        "invalid_request_error | messages: at least one is needed | OTHER",
      })
  void rejectionIsTold(String type, String message, Rejection rejection) throws Exception {
    AnthropicProtocol protocol = new AnthropicProtocol(URI.create("http://h"), Optional.empty());
    var body = new ObjectMapper().createObjectNode();
    body.putObject("error").put("type", type).put("message", message);
    assertEquals(rejection, protocol.rejection(body));
    assertFalse(protocol.isQuotaUsedUp(body));
  }

  @Test
  void spentLimitIsNotWaitedFor() throws Exception {
    String refusal =
        "{\"error\":{\"type\":\"rate_limit_error\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}";
    assertEquals(Kind.PROVIDER_REFUSED, failure(Response.json(429, refusal)).kind());
  }
}
