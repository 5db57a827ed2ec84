package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.Source;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.llama.tiny.TinyProjector;
import dev.freehold.models.FetchSettings;
import dev.freehold.models.ModelCache;
import dev.freehold.models.TinyModels;
import dev.freehold.provider.ModelStatus.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are fetched, tried in a probe process, or not given, before a model is loaded. */
class ModelLoaderFilesTest extends LoadingTest {

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
  void fileThatIsNoModelIsTriedInAProbeAndNotForEachRequest(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("nonsense.gguf"), "GGUFnonsense");
    start(PLENTY, GivenFiles.ofModels(Map.of("small", file)), onDemand("small", 512));
    InferenceException first = assertThrows(InferenceException.class, () -> ask("small"));
    InferenceException second = assertThrows(InferenceException.class, () -> ask("small"));

    assertTrue(first.getMessage().contains("could not load"), first.getMessage());
    assertFalse(first.getMessage().contains("/"), first.getMessage());
    assertEquals(first.getMessage(), second.getMessage());
    assertEquals(first.getMessage(), local.status("small").orElseThrow().problem().orElseThrow());
    String told = loader.status().describe().get("model small");
    assertTrue(told.contains("probe process") && told.contains(file.toString()), told);
    assertTrue(second.retryAfter().orElseThrow().toSeconds() > 10);
  }
}
