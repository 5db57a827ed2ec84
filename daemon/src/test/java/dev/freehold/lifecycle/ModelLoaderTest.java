package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.Source;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceEvent.Finished;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.llama.Llama;
import dev.freehold.llama.tiny.TinyProjector;
import dev.freehold.models.FetchProgress;
import dev.freehold.models.FetchSettings;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetcher;
import dev.freehold.models.TestModels;
import dev.freehold.models.TinyModels;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.GgufFiles;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.ModelStatus.Stage;
import dev.freehold.provider.PreparedPrompt;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The loader and the local provider together, over real llama.cpp, real files, real probes. */
@Timeout(240)
class ModelLoaderTest {

  private static final long PLENTY = 64L << 30;
  private static final int CLIENTS = 8;
  private static final Duration POLL = Duration.ofMillis(10);
  private static final Duration SETTLE_MAX = Duration.ofMinutes(2);

  /** Shared, so that a model is tried in a probe process once. */
  @TempDir private static Path known;

  private static Path small;
  private static Path starter;

  private final AtomicLong skippedNanos = new AtomicLong();
  private LocalProvider local;
  private ModelLoader loader;

  @BeforeAll
  static void fetch() {
    small = TestModels.small();
    starter = TestModels.starter();
  }

  private void start(long budgetBytes, ModelSpec... models) {
    start(
        budgetBytes,
        GivenFiles.ofModels(
            Map.of("small", small, "twin", small, "other", small, "starter", starter)),
        models);
  }

  private void start(long budgetBytes, GivenFiles given, ModelSpec... models) {
    make(ModelCache.standard(), FetchSettings.standard(), budgetBytes, given);
    want(models);
    loader.start();
  }

  private void make(ModelCache cache, FetchSettings settings, long budgetBytes, GivenFiles given) {
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

  private void want(ModelSpec... models) {
    loader.announce(List.of(models));
    loader.want(List.of(models), Map.of());
  }

  @AfterEach
  void stop() {
    if (loader != null) {
      loader.close();
    }
  }

  private static ModelSpec atStart(String name, int contextTokens) {
    return new ModelSpec(name, "smollm2-135m", contextTokens, 2);
  }

  private static ModelSpec onDemand(String name, int contextTokens) {
    return new ModelSpec(
        name,
        "smollm2-135m",
        contextTokens,
        2,
        List.of(),
        ModelSpec.Load.DEMAND,
        ModelSpec.DEFAULT_IDLE);
  }

  private static long need(Path file, int contextTokens) throws Exception {
    return probe()
        .measure(
            new ModelProbe.Question(
                GgufFiles.of(file), ModelProbe.identity(file), contextTokens, 2))
        .need()
        .totalBytes();
  }

  private static InferenceRequest request(String model) {
    return new InferenceRequest(
        "test",
        model,
        new Prompt.Text("Once upon a time"),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.of(4));
  }

  /** As routing does it: the prompt is prepared if the model is there, and the answer read. */
  private int ask(String model) throws InferenceException, InterruptedException {
    InferenceRequest request = request(model);
    Optional<PreparedPrompt> prepared = prepareNow(request);
    try (InferenceStream stream =
        local.infer(new Attempt(request, prepared, Instant.now().plusSeconds(120)))) {
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

  private Stage stage(String model) {
    return local.status(model).map(ModelStatus::stage).orElseThrow();
  }

  private static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + SETTLE_MAX.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - until < 0, "in time: " + what);
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  @Test
  void projectorAndAdapterAreTriedCountedAndServedOverTheSameWeights(@TempDir Path folder)
      throws Exception {
    Path projector = TinyProjector.write(folder.resolve("mmproj.gguf"), 576, 1);
    Path adapter = TinyModels.in(folder).smallAdapter();
    GivenFiles given =
        new GivenFiles(
            Map.of("small", small, "twin", small, "other", small),
            Map.of("twin", projector),
            Map.of("legal", adapter));
    start(PLENTY, given, atStart("small", 512), atStart("twin", 512), adapted("other", "legal"));
    loader.status().awaitFirstLoad();

    assertEquals(1, loader.status().openFiles());
    assertFalse(abilities("small").contains(Ability.VISION));
    assertTrue(abilities("twin").contains(Ability.VISION));
    assertFalse(abilities("other").contains(Ability.VISION));
    long alone = loader.status().memoryBytes("small");
    assertEquals(alone + Files.size(projector), loader.status().memoryBytes("twin"));
    assertEquals(alone + Files.size(adapter), loader.status().memoryBytes("other"));
    assertTrue(ask("other") > 0);
  }

  @Test
  void adapterThatNobodyGaveIsToldAndTheOtherModelsGoOn() throws Exception {
    start(PLENTY, adapted("other", "missing"), atStart("small", 512));
    await("the adapter is missed", () -> loader.status().state().contains("missing"));
    assertTrue(
        loader.status().state().contains("serve --adapter missing=PATH"), loader.status().state());
    await("small is loaded", () -> local.status("small").orElseThrow().stage() == Stage.LOADED);
    assertTrue(ask("small") > 0);
  }

  private Set<Ability> abilities(String model) {
    return local.status(model).orElseThrow().facts().orElseThrow().abilities();
  }

  private static ModelSpec adapted(String name, String adapter) {
    return new ModelSpec(
        name,
        "smollm2-135m",
        512,
        2,
        List.of(),
        ModelSpec.Load.START,
        ModelSpec.DEFAULT_IDLE,
        Optional.of(adapter));
  }

  @Test
  void modelOnDemandIsLoadedOnceForAllWhoWait() throws Exception {
    start(PLENTY, onDemand("small", 512));
    loader.status().awaitFirstLoad();
    assertEquals(0, loader.status().loads());

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        answers.add(threads.submit(() -> ask("small")));
      }
      for (Future<Integer> answer : answers) {
        assertTrue(answer.get() > 0);
      }
    }
    assertEquals(1, loader.status().loads());
    ModelStatus status = local.status("small").orElseThrow();
    assertEquals(Stage.LOADED, status.stage());
    assertEquals(512, status.facts().orElseThrow().requestTokensMax());
    assertTrue(status.facts().orElseThrow().abilities().contains(Ability.CHAT));
    assertEquals(0, status.users());
  }

  @Test
  void countingTokensLoadsTheModelToo() throws Exception {
    start(PLENTY, onDemand("small", 512));

    try (PreparedPrompt prepared =
        local.prepareLoaded(request("small"), Instant.now().plusSeconds(120))) {
      assertEquals(4, prepared.tokens());
      assertEquals(1, local.status("small").orElseThrow().users());
    }
  }

  @Test
  void modelThatNobodyUsesIsLetGoAndComesBackWhenAsked() throws Exception {
    start(PLENTY, onDemand("small", 512));
    ask("small");
    skippedNanos.addAndGet(ModelSpec.DEFAULT_IDLE.minusMinutes(1).toNanos());
    loader.wake();
    ask("small");
    assertEquals(1, loader.status().loads());

    skippedNanos.addAndGet(ModelSpec.DEFAULT_IDLE.plusMinutes(1).toNanos());
    loader.wake();
    await("the model is let go", () -> stage("small") == Stage.AVAILABLE);
    await("its memory is free", () -> loader.status().memoryBytes("small") == 0);
    assertEquals(0, loader.status().openFiles());
    assertEquals(512, local.status("small").orElseThrow().facts().orElseThrow().requestTokensMax());

    assertTrue(ask("small") > 0);
    assertEquals(2, loader.status().loads());
  }

  @Test
  void clientThatHangsUpWhileTheModelLoadsIsFreed() throws Exception {
    start(PLENTY, onDemand("small", 512));
    await("the model is on offer", () -> stage("small") == Stage.AVAILABLE);
    InferenceStream stream =
        local.infer(
            new Attempt(request("small"), Optional.empty(), Instant.now().plusSeconds(120)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader = threads.submit(stream::next);
      await("the model is asked for", () -> stage("small") != Stage.AVAILABLE);
      stream.close();

      ExecutionException e = assertThrows(ExecutionException.class, reader::get);
      assertInstanceOf(InferenceException.class, e.getCause());
    }
    await("the model is loaded anyway", () -> stage("small") == Stage.LOADED);
    assertEquals(0, local.status("small").orElseThrow().users());
  }

  @Test
  void modelIsReplacedUnderLoadAndNoRequestFails() throws Exception {
    start(PLENTY, atStart("small", 1024));
    loader.status().awaitFirstLoad();
    replaceUnderLoad(List.of(2048, 1024, 2048));
    assertEquals(4, loader.status().loads());
  }

  /** The old one must go before the new one comes: requests that arrive between wait. */
  @Test
  void modelThatFitsOnlyOnceIsReplacedUnderLoadAndNoRequestFails() throws Exception {
    long budget = need(small, 16_384) + (50L << 20);
    start(budget, atStart("small", 16_384));
    loader.status().awaitFirstLoad();
    replaceUnderLoad(List.of(16_128, 16_384));
    assertEquals(3, loader.status().loads());
  }

  /** Nobody asks between the change and the load: the new one is loaded all the same. */
  @Test
  void modelOnDemandThatFitsOnlyOnceAnswersAfterItsPolicyChanged() throws Exception {
    long budget = need(small, 16_384) + (50L << 20);
    start(budget, onDemand("small", 16_384));
    assertTrue(ask("small") > 0);

    want(onDemand("small", 16_128));
    await(
        "the new one is loaded",
        () -> loader.status().loads() == 2 && stage("small") == Stage.LOADED);
    assertTrue(ask("small") > 0);
    assertEquals(2, loader.status().loads());
    long alone = need(small, 16_128);
    await("only the new one is left", () -> loader.status().memoryBytes("small") == alone);
  }

  @Test
  void changeThatFailedAndIsTakenBackLeavesNoProblem() throws Exception {
    start(need(small, 512) + (20L << 20), atStart("small", 512));
    loader.status().awaitFirstLoad();
    want(atStart("small", 16_384));
    await("the change is refused", () -> problem("small").isPresent());
    assertEquals(Stage.LOADED, stage("small"));
    assertTrue(ask("small") > 0);

    want(atStart("small", 512));
    await("the problem is gone", () -> problem("small").isEmpty());
    assertEquals("serving small", loader.status().state());
    assertEquals(1, loader.status().loads());
  }

  private Optional<String> problem(String model) {
    return local.status(model).orElseThrow().problem();
  }

  private void replaceUnderLoad(List<Integer> contexts) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    assertTrue(ask("small") > 0);
                    answered.incrementAndGet();
                  }
                  return null;
                }));
      }
      for (int context : contexts) {
        int before = loader.status().loads();
        want(atStart("small", context));
        await("the model is replaced", () -> loader.status().loads() > before);
        int answeredBefore = answered.get();
        await("it answers", () -> answered.get() > answeredBefore + CLIENTS);
      }
      enough.set(true);
      for (Future<?> client : clients) {
        client.get(60, TimeUnit.SECONDS);
      }
    }
    System.out.println("answers while the model was replaced: " + answered);
    assertEquals(0, local.status("small").orElseThrow().users());
    long alone = need(small, contexts.getLast());
    await("only the last one is left", () -> loader.status().memoryBytes("small") == alone);
    assertEquals(1, loader.status().openFiles());
  }

  @Test
  void modelThatDoesNotFitIsRefusedWithTheFiguresAndTheOthersServe() throws Exception {
    start(need(starter, 512) + (20L << 20), atStart("small", 512), atStart("starter", 8192));
    loader.status().awaitFirstLoad();

    InferenceException refusal = assertThrows(InferenceException.class, () -> ask("starter"));
    assertEquals(InferenceException.Kind.UNAVAILABLE, refusal.kind());
    assertTrue(refusal.retryAfter().isPresent());
    for (String part : List.of("model starter needs", "in use are", "small", "the budget is")) {
      assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
    assertEquals(Stage.FAILED, stage("starter"));
    assertEquals(
        refusal.getMessage(), local.status("starter").orElseThrow().problem().orElseThrow());
    assertTrue(loader.status().describe().get("model starter").contains("the budget is"));
    assertTrue(ask("small") > 0);

    want(atStart("starter", 512));
    await("what fits now serves", () -> stage("starter") == Stage.LOADED);
  }

  @Test
  void unusedModelMakesRoomForTheOneThatIsAskedFor() throws Exception {
    long one = need(small, 16_384);
    start(one + (100L << 20), onDemand("small", 16_384), onDemand("other", 16_384));
    assertTrue(ask("small") > 0);

    assertTrue(ask("other") > 0);
    assertEquals(Stage.AVAILABLE, stage("small"));
    try (PreparedPrompt inUse = local.prepare(request("other"))) {
      InferenceException refusal = assertThrows(InferenceException.class, () -> ask("small"));
      assertTrue(refusal.getMessage().contains("other"), refusal.getMessage());
      assertTrue(inUse.tokens() > 0);
    }
    assertTrue(ask("small") > 0);
    assertEquals(Stage.AVAILABLE, stage("other"));
  }

  @Test
  void twoModelsOfOneFileShareItsWeights() throws Exception {
    start(PLENTY, atStart("small", 512), atStart("twin", 1024));
    loader.status().awaitFirstLoad();

    assertEquals(1, loader.status().openFiles());
    assertTrue(ask("small") > 0);
    assertTrue(ask("twin") > 0);
    want(atStart("twin", 1024));
    await("the first is gone", () -> loader.status().memoryBytes("small") == 0);
    assertTrue(ask("twin") > 0);
    assertEquals(1, loader.status().openFiles());
  }

  /** The hub has no such file at first, and then lets the download wait. */
  @Test
  void modelWhoseFetchIsTriedAgainSaysSoAtOnce(@TempDir Path folder) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch ended = new CountDownLatch(1);
    HttpServer hub =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext(
        "/",
        exchange -> {
          if (asked.incrementAndGet() > 1) {
            awaitQuietly(ended);
          }
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    hub.start();
    try {
      make(
          new ModelCache(folder),
          FetchSettings.standard()
              .withHub(URI.create("http://127.0.0.1:" + hub.getAddress().getPort())),
          PLENTY,
          GivenFiles.ofModels(Map.of()));
      Source source = new Source.Hub("some/repo", "tiny.gguf");
      CatalogueEntry entry =
          new CatalogueEntry(
              "smollm2-135m", "Tiny", "0".repeat(64), 1000, "MIT", 512, List.of(source));
      loader.want(List.of(onDemand("small", 512)), Map.of(entry.name(), entry));
      loader.start();
      await("the fetch fails", () -> failed("small"));

      skippedNanos.addAndGet(ModelLoader.RETRY.toNanos());
      loader.wake();
      await("it is fetched again", () -> asked.get() == 2 && stage("small") == Stage.FETCHING);
      InferenceException refusal = assertThrows(InferenceException.class, () -> ask("small"));
      assertTrue(refusal.getMessage().contains("still being fetched"), refusal.getMessage());
    } finally {
      ended.countDown();
      hub.stop(0);
    }
  }

  private boolean failed(String model) {
    return local.status(model).filter(status -> status.stage() == Stage.FAILED).isPresent();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A stopped process hangs wherever it is, with its outputs open. */
  @Test
  void probeThatHangsIsEndedWithTheLoader(@TempDir Path folder) throws Exception {
    Path file = Files.createSymbolicLink(folder.resolve("unknown.gguf"), small);
    start(PLENTY, GivenFiles.ofModels(Map.of("small", file)), atStart("small", 512));
    await("the probe runs", () -> runningProbe().isPresent());
    ProcessHandle probe = runningProbe().orElseThrow();
    String pid = Long.toString(probe.pid());
    assertEquals(0, new ProcessBuilder("kill", "-STOP", pid).inheritIO().start().waitFor());

    assertTimeoutPreemptively(Duration.ofSeconds(60), loader::close);
    probe.onExit().get(10, TimeUnit.SECONDS);
  }

  /** A probe is the only kind of process that is started here. */
  private static Optional<ProcessHandle> runningProbe() {
    return ProcessHandle.current().children().filter(ProcessHandle::isAlive).findFirst();
  }

  @Test
  void fileThatIsNoModelIsTriedInAProbeAndNotForEachRequest() throws Exception {
    Path file = java.nio.file.Files.writeString(known.resolve("nonsense.gguf"), "GGUFnonsense");
    small = file;
    try {
      start(PLENTY, onDemand("small", 512));
      InferenceException first = assertThrows(InferenceException.class, () -> ask("small"));
      InferenceException second = assertThrows(InferenceException.class, () -> ask("small"));

      assertTrue(first.getMessage().contains("could not load"), first.getMessage());
      assertFalse(first.getMessage().contains("/"), first.getMessage());
      assertEquals(first.getMessage(), second.getMessage());
      assertEquals(first.getMessage(), local.status("small").orElseThrow().problem().orElseThrow());
      String told = loader.status().describe().get("model small");
      assertTrue(told.contains("probe process") && told.contains(file.toString()), told);
      assertTrue(second.retryAfter().orElseThrow().toSeconds() > 10);
    } finally {
      fetch();
    }
  }
}
