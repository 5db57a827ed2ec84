package dev.freehold.provider;

import dev.freehold.bundle.policy.BreakerSpec;
import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.Timeouts;
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
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A provider of OpenAI's form, and behind it an upstream that does what it is told. */
abstract class UpstreamTest {

  static final String KEY = "sk-canary-0123456789";
  static final String HELLO =
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}";
  static final String STOP =
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
  static final String USAGE =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":4}}}";

  FaultyUpstream upstream;

  @BeforeEach
  void start() throws IOException {
    upstream = new FaultyUpstream();
  }

  @AfterEach
  void stop() throws IOException {
    upstream.close();
  }

  OpenAiProvider provider() {
    return provider(upstream.url(), Duration.ofSeconds(10), Duration.ofSeconds(20));
  }

  static OpenAiProvider provider(URI url, Duration firstToken, Duration total) {
    return new OpenAiProvider(
        new ProviderSpec(
            "helvet",
            ProviderSpec.Kind.OPENAI,
            TrustClass.SOVEREIGN,
            Optional.empty(),
            Optional.of("CH"),
            Optional.of(url),
            Optional.of("helvet-key"),
            Optional.empty(),
            Optional.of("big-model"),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Prices.NONE,
            Limits.NONE,
            Budget.NONE,
            new Timeouts(Duration.ofSeconds(2), firstToken, Duration.ofMinutes(1), total),
            OptionalDouble.empty(),
            BreakerSpec.DEFAULT,
            Set.of(),
            OptionalInt.empty(),
            Optional.empty()),
        () -> Optional.of(KEY));
  }

  static Attempt attempt(String model, Prompt prompt) {
    return new Attempt(
        new InferenceRequest(
            "r-1",
            model,
            prompt,
            Sampling.defaults(),
            new OutputFormat.Text(),
            OptionalInt.empty()),
        Optional.empty(),
        Instant.now().plusSeconds(60));
  }

  static Attempt chat() {
    return attempt(
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), List.of(), new ToolChoice.Auto(), true));
  }

  static List<InferenceEvent> all(InferenceStream stream)
      throws InferenceException, InterruptedException {
    List<InferenceEvent> events = new ArrayList<>();
    do {
      events.add(stream.next());
    } while (!(events.getLast() instanceof InferenceEvent.Finished));
    return events;
  }
}
