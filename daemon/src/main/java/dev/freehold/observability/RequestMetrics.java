package dev.freehold.observability;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Counts requests, tokens and times, in a registry of its own. Names follow OpenTelemetry's
 * semantic conventions for generative AI where those have a name for it.
 */
public final class RequestMetrics implements AutoCloseable {

  /** Stands for a provider or a model that no policy names. */
  public static final String NONE = "none";

  private static final Duration[] DURATION_BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(20),
    Duration.ofMillis(40),
    Duration.ofMillis(80),
    Duration.ofMillis(160),
    Duration.ofMillis(320),
    Duration.ofMillis(640),
    Duration.ofMillis(1_280),
    Duration.ofMillis(2_560),
    Duration.ofMillis(5_120),
    Duration.ofMillis(10_240),
    Duration.ofMillis(20_480),
    Duration.ofMillis(40_960),
    Duration.ofMillis(81_920)
  };

  private final MeterRegistry registry;
  private final Counter promptTokens;
  private final Counter cachedTokens;
  private final Counter completionTokens;

  private RequestMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.promptTokens = tokens("prompt");
    this.cachedTokens = tokens("cached");
    this.completionTokens = tokens("completion");
  }

  /** A registry with the engine's gauges and nothing counted yet. */
  public static RequestMetrics create(EngineGauges engine) {
    Objects.requireNonNull(engine, "engine");
    MetricsConfig config = MetricsConfig.builder().warnOnMultipleRegistries(false).build();
    MeterRegistry registry = MeterRegistry.create(config);
    gauge(registry, "freehold_slots_total", "Seats of the engine.", engine.slotsTotal()::getAsInt);
    gauge(
        registry,
        "freehold_slots_busy",
        "Seats that hold a running sequence.",
        engine.slotsBusy()::getAsInt);
    gauge(
        registry,
        "freehold_queue_depth",
        "Requests that wait for a seat.",
        engine.queueDepth()::getAsInt);
    return new RequestMetrics(registry);
  }

  /**
   * Shows what a model takes of the machine's memory.
   *
   * @param model a model that the policy names
   */
  public void modelMemory(String model, LongSupplier bytes) {
    registry.getOrCreate(
        Gauge.builder("freehold_model_memory_bytes", bytes::getAsLong)
            .description("Memory that a model takes, none while it is not loaded.")
            .tags(List.of(Tag.create("model", model))));
  }

  /**
   * Counts one request that has ended.
   *
   * @param provider the policy's name of the provider that answered, or {@link #NONE}
   * @param model a model that the policy names, or {@link #NONE}
   * @param label the request's label
   * @param outcome how it ended
   * @param firstToken how long the client waited for real output, if there was any
   */
  public void request(
      String provider,
      String model,
      String label,
      String outcome,
      Duration total,
      Optional<Duration> firstToken) {
    registry
        .getOrCreate(
            Counter.builder("freehold_requests")
                .description("Requests for inference that have ended.")
                .tags(
                    List.of(
                        Tag.create("provider", provider),
                        Tag.create("label", label),
                        Tag.create("outcome", outcome))))
        .increment();
    timer("gen_ai_server_request_duration", "From request to last token.", provider, model)
        .record(total);
    firstToken.ifPresent(
        wait ->
            timer("gen_ai_server_time_to_first_token", "From request to output.", provider, model)
                .record(wait));
  }

  /** Counts the tokens of one request; cached tokens are also prompt tokens. */
  public void tokens(int prompt, int cached, int completion) {
    promptTokens.increment(prompt);
    cachedTokens.increment(cached);
    completionTokens.increment(completion);
  }

  /** Forgets everything counted; the process-wide registry beneath would keep it otherwise. */
  @Override
  public void close() {
    List.copyOf(registry.meters()).forEach(registry::remove);
  }

  MeterRegistry registry() {
    return registry;
  }

  private Counter tokens(String kind) {
    return registry.getOrCreate(
        Counter.builder("freehold_tokens")
            .description("Tokens read and written for clients.")
            .tags(List.of(Tag.create("kind", kind))));
  }

  private Timer timer(String name, String description, String provider, String model) {
    return registry.getOrCreate(
        Timer.builder(name)
            .description(description)
            .tags(
                List.of(
                    Tag.create("gen_ai_provider_name", provider),
                    Tag.create("gen_ai_request_model", model)))
            .percentiles(new double[0])
            .buckets(DURATION_BUCKETS));
  }

  private static void gauge(
      MeterRegistry registry, String name, String description, Supplier<Integer> value) {
    registry.getOrCreate(Gauge.builder(name, value).description(description));
  }
}
