package dev.freehold.provider.azure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import dev.freehold.provider.remote.SamplesOfOpenAi;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Azure OpenAI against a fake of its data plane. */
class AzureProviderTest extends AdapterContract {

  private static RemoteProvider open(
      URI base, Optional<String> version, Supplier<Optional<String>> credential) {
    ProviderSpecs specs =
        ProviderSpecs.of("azure", ProviderSpec.Kind.AZURE_OPENAI, TrustClass.CLOUD)
            .url(base)
            .credential("azure-key")
            .model("gpt 4o/eu");
    version.ifPresent(specs::apiVersion);
    ProviderSpec spec = specs.spec();
    return RemoteProviders.of(
        spec, base, new AzureProtocol(base, version), Authorizer.header("api-key", credential));
  }

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    return open(base, Optional.of("2024-10-21"), credential);
  }

  @Override
  protected String basePath() {
    return "";
  }

  @Override
  protected Sample sample(Random random) {
    return SamplesOfOpenAi.random(random, true);
  }

  @Override
  protected List<byte[]> nonsense() {
    return SamplesOfOpenAi.nonsense();
  }

  private static InferenceRequest request(Prompt prompt, OutputFormat format) {
    return new InferenceRequest(
        "r-1", "assistant", prompt, Sampling.defaults(), format, OptionalInt.empty());
  }

  @Test
  void datedVersionNamesTheDeploymentInThePath() throws Exception {
    Sample sample = sample(new Random(1));
    try (FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider = open(api.url(""), () -> Optional.of("secret"))) {
      ask(provider, chat());
      FakeApi.Request request = api.requests().getFirst();
      assertEquals(
          "/openai/deployments/gpt%204o%2Feu/chat/completions?api-version=2024-10-21",
          request.path());
      assertEquals("secret", request.headers().get("api-key"));
      assertFalse(request.headers().containsKey("authorization"));
    }
  }

  @Test
  void withoutVersionTheDeploymentIsTheModel() throws Exception {
    Sample sample = sample(new Random(1));
    for (String path : List.of("", "/openai/v1")) {
      try (FakeApi api = new FakeApi(1, request -> sample.response());
          RemoteProvider provider =
              open(api.url(path), Optional.empty(), () -> Optional.of("secret"))) {
        ask(provider, chat());
        FakeApi.Request request = api.requests().getFirst();
        assertEquals("/openai/v1/chat/completions", request.path());
        JsonNode body = new ObjectMapper().readTree(request.body());
        assertEquals("gpt 4o/eu", body.path("model").asText());
      }
    }
  }

  @Test
  void vectorsComeFromTheDeploymentToo() throws Exception {
    String answer =
        "{\"data\":[{\"index\":0,\"embedding\":[0.5,1]}],\"usage\":{\"prompt_tokens\":3}}";
    try (FakeApi api = new FakeApi(1, request -> Response.json(200, answer));
        RemoteProvider provider = open(api.url(""), () -> Optional.of("secret"))) {
      Prompt prompt =
          new Prompt.Embedding(List.of(new Prompt.Input.OfText("a")), OptionalInt.empty());
      List<InferenceEvent> events = ask(provider, request(prompt, new OutputFormat.Text()));
      assertEquals(0, ((InferenceEvent.Embedded) events.getFirst()).index());
      assertTrue(api.requests().getFirst().path().contains("/embeddings?api-version="));
    }
  }

  @Test
  void contentThatItsFilterRefusesIsToldApart() throws Exception {
    String refusal =
        "{\"error\":{\"code\":\"BadRequest\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}";
    try (FakeApi api = new FakeApi(1, request -> Response.json(400, refusal));
        RemoteProvider provider = open(api.url(""), () -> Optional.of("secret"))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertEquals(Kind.PROVIDER_REFUSED, e.kind());
    }
  }

  @Test
  void whatItLacksIsKnownBeforeItIsAsked() {
    AzureProtocol azure = new AzureProtocol(URI.create("https://x.test"), Optional.empty());
    assertEquals(Optional.empty(), azure.lacks(chat()));
    assertTrue(
        azure
            .lacks(request(new Prompt.Ranking("q", List.of("d")), new OutputFormat.Text()))
            .isPresent());
    assertTrue(
        azure
            .lacks(request(chat().prompt(), new OutputFormat.Grammar("root ::= \"a\"")))
            .isPresent());
  }
}
