package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.InferenceEvent.Finished;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.llama.Llama;
import dev.freehold.models.FetchProgress;
import dev.freehold.models.FetchSettings;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetcher;
import dev.freehold.models.TestModels;
import dev.freehold.provider.Attempts;
import dev.freehold.provider.GgufFiles;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.ModelStatus.Stage;
import dev.freehold.provider.PreparedPrompt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The loader and the local provider together, over real llama.cpp, real files, real probes. */
@Timeout(240)
abstract class LoadingTest {

  static final long PLENTY = 64L << 30;
  static final int CLIENTS = 8;
  private static final Duration POLL = Duration.ofMillis(10);
  private static final Duration SETTLE_MAX = Duration.ofMinutes(2);

  /** Shared, so that a model is tried in a probe process once. */
  @TempDir private static Path known;

  static Path small;
  static Path starter;

  final AtomicLong skippedNanos = new AtomicLong();
  LocalProvider local;
  ModelLoader loader;

  @BeforeAll
  static void fetch() {
    small = TestModels.small();
    starter = TestModels.starter();
  }

  void start(long budgetBytes, ModelSpec... models) {
    start(
        budgetBytes,
        GivenFiles.ofModels(
            Map.of("small", small, "twin", small, "other", small, "starter", starter)),
        models);
  }

  void start(long budgetBytes, GivenFiles given, ModelSpec... models) {
    make(ModelCache.standard(), FetchSettings.standard(), budgetBytes, given);
    want(models);
    loader.start();
  }

  void make(ModelCache cache, FetchSettings settings, long budgetBytes, GivenFiles given) {
    local = new LocalProvider("local", this::nanos);
    loader =
        new ModelLoader(
            local,
            cache,
            new ModelFetcher(cache, settings, FetchProgress.lines(System.out)),
            probe(),
            new MemoryBudget(budgetBytes),
            given,
            this::nanos);
  }

  private static ModelProbe probe() {
    return new ModelProbe(known, Llama.load().version());
  }

  private long nanos() {
    return System.nanoTime() + skippedNanos.get();
  }

  void want(ModelSpec... models) {
    loader.announce(List.of(models));
    loader.want(List.of(models), Map.of());
  }

  @AfterEach
  void stop() {
    if (loader != null) {
      loader.close();
    }
  }

  static ModelSpec atStart(String name, int contextTokens) {
    return new ModelSpec(name, "smollm2-135m", contextTokens, 2);
  }

  static ModelSpec onDemand(String name, int contextTokens) {
    return new ModelSpec(
        name,
        "smollm2-135m",
        contextTokens,
        2,
        List.of(),
        ModelSpec.Load.DEMAND,
        ModelSpec.DEFAULT_IDLE);
  }

  static long need(Path file, int contextTokens) throws Exception {
    return probe()
        .measure(
            new ModelProbe.Question(
                GgufFiles.of(file), ModelProbe.identity(file), contextTokens, 2))
        .need()
        .totalBytes();
  }

  static InferenceRequest request(String model) {
    return new InferenceRequest(
        "test",
        model,
        new Prompt.Text("Once upon a time"),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.of(4));
  }

  /** As routing does it: the prompt is prepared if the model is there, and the answer read. */
  int ask(String model) throws InferenceException, InterruptedException {
    InferenceRequest request = request(model);
    Optional<PreparedPrompt> prepared = prepareNow(request);
    try (InferenceStream stream =
        local.infer(Attempts.local(request, prepared, Duration.ofMinutes(2)))) {
      while (!(stream.next() instanceof Finished)) {
        // The text does not matter here.
      }
      return stream.usageSoFar().completionTokens();
    } finally {
      prepared.ifPresent(PreparedPrompt::close);
    }
  }

  private Optional<PreparedPrompt> prepareNow(InferenceRequest request) {
    try {
      return Optional.of(local.prepare(request));
    } catch (InferenceException e) {
      return Optional.empty();
    }
  }

  Stage stage(String model) {
    return local.status(model).map(ModelStatus::stage).orElseThrow();
  }

  static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + SETTLE_MAX.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - until < 0, "in time: " + what);
      LockSupport.parkNanos(POLL.toNanos());
    }
  }
}
