package dev.freehold.provider.anthropic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FaultyUpstream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import dev.freehold.provider.remote.Protocol.Rejection;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import dev.freehold.provider.remote.UpstreamFaultsTest;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Anthropic's adapter makes of an upstream that refuses, lies or breaks off. */
class AnthropicFaultsTest extends UpstreamFaultsTest {

  @Override
  protected RemoteProvider provider() {
    ProviderSpec spec =
        ProviderSpecs.of("claude", ProviderSpec.Kind.ANTHROPIC, TrustClass.CLOUD)
            .url(upstream.url())
            .model("claude-x")
            .spec();
    return RemoteProviders.of(
        spec,
        upstream.url(),
        new AnthropicProtocol(upstream.url(), Optional.empty()),
        Authorizer.header("x-api-key", () -> Optional.of(KEY)));
  }

  @Override
  protected List<String> goodAnswer() {
    return List.of(
        "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
        "{\"type\":\"ping\"}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}",
        "{\"type\":\"message_stop\"}");
  }

  @Override
  protected String errorEvent() {
    return "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\""
        + KEY
        + "\"}}";
  }

  @Override
  protected String errorBody() {
    return "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad "
        + KEY
        + "\"}}";
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
    assertEquals("POST /v1/messages HTTP/1.1", head.lines().findFirst().orElseThrow());
    assertEquals(1, head.lines().filter(("x-api-key: " + KEY)::equalsIgnoreCase).count(), head);
    assertEquals(
        1, head.lines().filter("anthropic-version: 2023-06-01"::equalsIgnoreCase).count(), head);
  }

  @ParameterizedTest
  @CsvSource({
    "rate_limit_error, PROVIDER_LIMITED",
    "billing_error, PROVIDER_REFUSED",
    "overloaded_error, PROVIDER_FAILED",
    "api_error, PROVIDER_FAILED",
  })
  void errorInTheStreamKeepsItsKind(String type, Kind kind) throws Exception {
    upstream.answers(
        FaultyUpstream.events("{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\"}}"),
        Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(kind, assertThrows(InferenceException.class, stream::next).kind());
    }
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
    upstream.answers(
        FaultyUpstream.error(
            429,
            "",
            "{\"error\":{\"type\":\"rate_limit_error\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}"),
        Then.CLOSE);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(
          Kind.PROVIDER_REFUSED, assertThrows(InferenceException.class, stream::next).kind());
    }
  }
}
