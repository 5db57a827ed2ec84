package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
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
import dev.freehold.provider.openai.OpenAiProtocol;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A provider of OpenAI's form, and behind it an upstream that does what it is told. */
public abstract class UpstreamTest {

  protected static final String KEY = "sk-canary-0123456789";
  protected static final String HELLO =
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}";
  protected static final String STOP =
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
  protected static final String USAGE =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":4}}}";

  protected FaultyUpstream upstream;

  @BeforeEach
  void start() throws IOException {
    upstream = new FaultyUpstream();
  }

  @AfterEach
  void stop() throws IOException {
    upstream.close();
  }

  protected RemoteProvider provider() {
    return provider(upstream.url(), Duration.ofSeconds(10), Duration.ofSeconds(20));
  }

  protected static RemoteProvider provider(URI url, Duration firstToken, Duration total) {
    ProviderSpec spec =
        ProviderSpecs.of("helvet", ProviderSpec.Kind.OPENAI, TrustClass.SOVEREIGN)
            .region("CH")
            .url(url)
            .credential("helvet-key")
            .model("big-model")
            .timeouts(Duration.ofSeconds(2), firstToken, Duration.ofMinutes(1), total)
            .spec();
    return RemoteProviders.of(
        spec, url, new OpenAiProtocol(url), Authorizer.bearer(() -> Optional.of(KEY)));
  }

  /** Asks a provider as routing does, with a permit for it. */
  protected static InferenceStream ask(RemoteProvider provider, InferenceRequest request)
      throws InferenceException {
    return provider.infer(Attempts.remote(request, provider.spec()));
  }

  protected static InferenceRequest request(String model, Prompt prompt) {
    return new InferenceRequest(
        "r-1", model, prompt, Sampling.defaults(), new OutputFormat.Text(), OptionalInt.empty());
  }

  protected static InferenceRequest chat() {
    return request(
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), List.of(), new ToolChoice.Auto(), true));
  }

  protected static List<InferenceEvent> all(InferenceStream stream)
      throws InferenceException, InterruptedException {
    List<InferenceEvent> events = new ArrayList<>();
    do {
      events.add(stream.next());
    } while (!(events.getLast() instanceof InferenceEvent.Finished));
    return events;
  }
}
