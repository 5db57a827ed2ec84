package dev.freehold.hardwaretests.underfault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.underfault.FaultyProvider.Received;
import dev.freehold.hardwaretests.underfault.Told.Ending;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Over real sockets, with every provider failing in every way: nothing reaches whom its label may
 * not, each answer ends as it should, and afterwards nothing of what was said is found anywhere.
 * The scenarios build on each other, in order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class UnderFaultSuite {

  private static final Path FOLDER = Path.of("target/suites/under-fault");
  private static final int REQUESTS = Integer.getInteger("freehold.faults.socket-requests", 2_000);
  private static final int SOAK_REQUESTS = 20_000;
  private static final int AT_ONCE = 32;
  private static final double UNREST = 0.45;
  private static final int SHOWN_PROBLEMS = 10;
  private static final Pattern MARK = Pattern.compile("mark-[0-9a-f]{8}");

  private final long seed = Long.getLong("freehold.faults.seed", new Random().nextLong());
  private final Map<String, Drawn> drawn = new ConcurrentHashMap<>();
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();

  private TroubledSite troubled;

  @BeforeAll
  void startSite() throws Exception {
    System.out.println("UnderFaultSuite: seed " + seed);
    troubled = new TroubledSite(FOLDER, seed);
  }

  @AfterAll
  void stop() throws IOException {
    troubled.close();
  }

  /** Every provider does the same, so that nobody mends it. */
  @Test
  @Order(1)
  void whatAllProvidersDoDecidesWhatTheClientIsTold() throws Exception {
    Map<Fault, Integer> expected = new LinkedHashMap<>();
    expected.put(Fault.NONE, 200);
    expected.put(Fault.ECHOES_KEY, 502);
    expected.put(Fault.SERVER_ERROR, 502);
    expected.put(Fault.MALFORMED, 502);
    expected.put(Fault.ANOTHER_TYPE, 502);
    expected.put(Fault.CUT, 502);
    expected.put(Fault.HANGS, 504);
    expected.put(Fault.DRIPS, 504);
    expected.put(Fault.LIMITED, 429);
    // The last one, since it is respected.
    expected.put(Fault.LIMITED_WITH_WAIT, 429);
    for (Map.Entry<Fault, Integer> each : expected.entrySet()) {
      troubled.providers().forEach(provider -> provider.alwaysDo(each.getKey()));
      Told told = ask(Drawn.plain(next.getAndIncrement(), Surface.CHAT, false));
      assertEquals(each.getValue(), told.status(), each.getKey() + ": " + told.body());
    }
    assertEquals(List.of(), List.copyOf(problems));
  }

  @Test
  @Order(2)
  void nothingReachesWhomItsLabelMayNot() throws Exception {
    run(REQUESTS);
  }

  /** The longer run; what it leaves is searched as well. */
  @Test
  @Order(3)
  @Tag("soak")
  void nothingReachesWhomItsLabelMayNotForLong() throws Exception {
    run(SOAK_REQUESTS);
  }

  private void run(int requests) throws Exception {
    troubled.providers().forEach(provider -> provider.beRestless(UNREST));
    int end = next.get() + requests;
    long began = System.nanoTime();
    try (ExecutorService clients = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        running.add(clients.submit(() -> askUntil(end)));
      }
      troubled.dumpThreads("threads-during");
      for (Future<?> each : running) {
        each.get();
      }
    }
    System.out.printf(
        "UnderFaultSuite: seed %d, %d requests in %d s, %s%n",
        seed,
        requests,
        Duration.ofNanos(System.nanoTime() - began).toSeconds(),
        new TreeMap<>(counts));
    assertEquals(List.of(), problems.stream().limit(SHOWN_PROBLEMS).toList(), "seed " + seed);
    assertNothingWentTooFar();
    assertAllWasTried();
  }

  private void askUntil(int end) {
    for (int number = next.getAndIncrement(); number < end; number = next.getAndIncrement()) {
      try {
        ask(Drawn.draw(new Random(seed + number), number));
      } catch (IOException | InterruptedException e) {
        problems.add("request %d: %s".formatted(number, e));
      }
    }
  }

  private Told ask(Drawn asked) throws IOException, InterruptedException {
    drawn.put(asked.mark(), asked);
    Told told = troubled.ask(asked);
    told.problem()
        .ifPresent(
            problem ->
                problems.add(
                    "%s %s %s of %s: %s"
                        .formatted(
                            asked.mark(),
                            asked.surface(),
                            asked.streamed() ? "stream" : "whole",
                            asked.group(),
                            problem)));
    errors.addAll(told.errors());
    counts.merge("status " + told.status(), 1, Integer::sum);
    counts.merge("%s %s".formatted(asked.surface(), told.ending()), 1, Integer::sum);
    counts.merge("answered by " + told.provider(), 1, Integer::sum);
    return told;
  }

  private void assertNothingWentTooFar() {
    assertEquals(List.of(), troubled.untrusted().received(), "sent to a certificate of nobody");
    Map<String, Integer> arrived = new TreeMap<>();
    for (FaultyProvider provider : troubled.providers()) {
      for (Received received : provider.received()) {
        Matcher mark = MARK.matcher(received.body());
        assertTrue(mark.find(), () -> "of nobody known: " + received.body());
        Drawn sent = drawn.get(mark.group());
        assertTrue(
            sent.label().allows(provider.trust()),
            () -> "seed %d: %s reached %s".formatted(seed, sent, provider.name()));
        assertTrue(
            sent.worth().allows(provider.trust()) || !received.body().contains(sent.personal()),
            () -> "seed %d: personal data of %s reached %s".formatted(seed, sent, provider.name()));
        arrived.merge(provider.name(), 1, Integer::sum);
        arrived.merge(received.fault().name(), 1, Integer::sum);
        arrived.merge(sent.label().name(), 1, Integer::sum);
      }
    }
    System.out.println("UnderFaultSuite: received " + arrived);
    for (FaultyProvider provider : troubled.providers()) {
      assertTrue(arrived.getOrDefault(provider.name(), 0) > 0, provider.name());
    }
    for (Fault fault : Fault.values()) {
      assertTrue(arrived.getOrDefault(fault.name(), 0) > 0, fault.name());
    }
  }

  private void assertAllWasTried() {
    for (Surface surface : Surface.values()) {
      assertTrue(counts.containsKey(surface + " " + Ending.WELL), surface.name());
    }
    assertTrue(
        counts.keySet().stream().anyMatch(each -> each.endsWith(" " + Ending.BROKEN)),
        "a stream that breaks after its first words");
  }

  @Test
  @Order(4)
  void nothingThatWasSaidIsFoundAnywhere(@TempDir Path planted) throws Exception {
    Path folder = troubled.site().folder();
    troubled.dumpThreads("threads-after");
    Files.writeString(folder.resolve("metrics.txt"), troubled.site().box().get("/metrics"));
    Files.write(folder.resolve("errors.txt"), errors);
    troubled
        .site()
        .distribution()
        .run(
            "freehold",
            "receipts",
            "export",
            "--out",
            folder.resolve("receipts.jsonl").toString(),
            folder.resolve("box-1").toString());
    Files.writeString(
        folder.resolve("usage.json"), troubled.site().box().command("usage", "--json"));
    troubled.close();
    Path usage = DatabaseExport.write(folder.resolve("box-1/store"), "usage");
    Path controller = DatabaseExport.write(folder.resolve("controller/store"), "controller");

    for (String file :
        List.of(
            "box-1.log",
            "controller.log",
            "metrics.txt",
            "errors.txt",
            "receipts.jsonl",
            "threads-during.txt",
            "threads-during.json",
            "threads-after.json")) {
      assertTrue(Files.size(folder.resolve(file)) > 0, file);
    }
    assertTrue(Files.readString(folder.resolve("box-1.log")).contains("FINE"), "it tells all");
    assertTrue(Files.readString(usage).contains("client-of-website"), "it is the ledger");
    assertTrue(Files.readString(controller).contains("box-1"), "it is the controller's");
    assertEquals(List.of(), Canaries.foundBelow(folder));
    assertEquals(List.of(), crashFiles(Path.of("")));
    assertEquals(List.of(), crashFiles(Path.of(System.getProperty("java.io.tmpdir"))));
    assertEachPlantedCanaryIsFound(folder, planted);
  }

  /** The search that finds nothing finds what is put in each kind of place, in every form. */
  private static void assertEachPlantedCanaryIsFound(Path folder, Path copy) throws IOException {
    String canary = Canaries.of("Planted");
    for (String form : Canaries.FORMS.keySet()) {
      String text = "before " + Canaries.FORMS.get(form).apply(canary) + " after";
      assertFalse(Canaries.foundIn(text).isEmpty(), form);
    }
    for (String file :
        List.of(
            "box-1.log",
            "controller.log",
            "metrics.txt",
            "errors.txt",
            "receipts.jsonl",
            "threads-during.json",
            "box-1/bundle/state.json",
            "box-1/quarantine.json")) {
      Path planted = copy.resolve(file);
      Files.createDirectories(planted.getParent());
      String before =
          Files.exists(folder.resolve(file)) ? Files.readString(folder.resolve(file)) : "";
      Files.writeString(planted, before + canary);
      assertEquals(1, Canaries.foundBelow(copy).size(), file);
      Files.delete(planted);
    }
    for (Map.Entry<String, String> store :
        Map.of("box-1/store", "usage", "controller/store", "controller").entrySet()) {
      Path planted = Files.createDirectories(copy.resolve(store.getKey()));
      for (String suffix : List.of(".key", ".mv.db")) {
        String file = store.getValue() + suffix;
        Files.copy(
            folder.resolve(store.getKey()).resolve(file),
            planted.resolve(file),
            StandardCopyOption.REPLACE_EXISTING);
      }
      DatabaseExport.execute(
          planted,
          store.getValue(),
          "CREATE TABLE planted AS SELECT CAST('%s' AS VARBINARY) AS words".formatted(canary));
      assertEquals(List.of(), Canaries.foundBelow(copy), "what is encrypted hides it");
      Path export = DatabaseExport.write(planted, store.getValue());
      assertEquals(1, Canaries.foundBelow(copy).size(), store.getValue());
      Files.delete(export);
    }
  }

  private static List<Path> crashFiles(Path folder) throws IOException {
    Instant recent = Instant.now().minus(Duration.ofMinutes(10));
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "{hs_err,core,replay}*")) {
      for (Path file : files) {
        if (Files.isRegularFile(file)
            && Files.getLastModifiedTime(file).toInstant().isAfter(recent)) {
          found.add(file);
        }
      }
    }
    return found;
  }
}
