package dev.freehold.provider.alephalpha;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.RandomChats;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import dev.freehold.provider.remote.SamplesOfOpenAi;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** PhariaAI's inference API against a fake of its OpenAI-compatible half. */
class AlephAlphaProviderTest extends AdapterContract {

  /** What its document names of a chat's fields and does not reject. */
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "messages",
          "frequency_penalty",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "max_tokens",
          "presence_penalty",
          "response_format",
          "stop",
          "stream",
          "stream_options",
          "temperature",
          "top_p",
          "tools",
          "tool_choice");

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    ProviderSpec spec =
        ProviderSpecs.of("pharia", ProviderSpec.Kind.ALEPH_ALPHA, TrustClass.SOVEREIGN)
            .url(base)
            .region("DE")
            .credential("pharia-key")
            .model("pharia-1")
            .spec();
    return RemoteProviders.of(
        spec, base, new AlephAlphaProtocol(base), Authorizer.bearer(credential));
  }

  @Override
  protected String basePath() {
    return "/v1";
  }

  @Override
  protected Sample sample(Random random) {
    return SamplesOfOpenAi.random(random, false);
  }

  @Override
  protected List<byte[]> nonsense() {
    return SamplesOfOpenAi.nonsense();
  }

  @Test
  void nothingIsSentThatItsDocumentDoesNotKnow() throws Exception {
    long seed = seed();
    RandomChats chats = new RandomChats(new Random(seed));
    AlephAlphaProtocol protocol = new AlephAlphaProtocol(URI.create("https://x.test/v1"));
    int sent = 0;
    for (int i = 0; i < 500; i++) {
      InferenceRequest request =
          chats
              .request()
              .withExtras(new Extras(Extras.Form.OPENAI_CHAT, Map.of("user", "\"alice\"")));
      if (protocol.lacks(request).isPresent()) {
        continue;
      }
      JsonNode body = new ObjectMapper().readTree(protocol.encode(request, "m").body());
      Set<String> fields = new TreeSet<>();
      body.fieldNames().forEachRemaining(fields::add);
      fields.removeAll(FIELDS);
      assertEquals(Set.of(), fields, "seed " + seed);
      assertFalse(
          body.at("/response_format/type").asText("").equals("json_object"), "seed " + seed);
      sent++;
    }
    assertTrue(sent > 50, "seed " + seed);
  }

  @Test
  void documentsAreRanked() throws Exception {
    String answer =
        "{\"results\":[{\"index\":1,\"relevance_score\":0.7},{\"index\":0,\"relevance_score\":0.2}],"
            + "\"usage\":{\"completion_tokens\":0,\"prompt_tokens\":0,\"total_tokens\":18}}";
    try (FakeApi api = new FakeApi(1, request -> Response.json(200, answer));
        RemoteProvider provider = open(api.url("/v1"), () -> Optional.of("secret"))) {
      InferenceRequest request =
          new InferenceRequest(
              "r-1",
              "assistant",
              new Prompt.Ranking("q", List.of("a", "b")),
              Sampling.defaults(),
              new OutputFormat.Text(),
              OptionalInt.empty());
      List<InferenceEvent> events = ask(provider, request);
      assertEquals(new InferenceEvent.Scored(1, 0.7), events.getFirst());
      assertEquals("/v1/rerank", api.requests().getFirst().path());
    }
  }
}
