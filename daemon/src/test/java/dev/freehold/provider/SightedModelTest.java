package dev.freehold.provider;

import static dev.freehold.provider.FixedSampling.GREEDY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.engine.EngineOptions;
import dev.freehold.inference.Ability;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolChoice;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.tiny.TinyAdapter;
import dev.freehold.llama.tiny.TinyImages;
import dev.freehold.llama.tiny.TinyProjector;
import dev.freehold.models.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One real model as it is, with a projector, and with an adapter, all over the same weights. The
 * projector and the adapter are random, so the answers mean nothing; what must hold is who is
 * changed by what.
 */
@Timeout(180)
class SightedModelTest {

  private static final int MODEL_WIDTH = 576;
  private static final int MODEL_LAYERS = 30;
  private static final byte[] ONE = TinyImages.png(64, 64, 1);
  private static final byte[] OTHER = TinyImages.jpeg(64, 64, 2);

  private static final LocalProvider PROVIDER = new LocalProvider("local");
  private static final ModelFiles FILES = new ModelFiles();

  @BeforeAll
  static void load(@TempDir Path folder) throws IOException {
    Path model = TestModels.small();
    Path projector = TinyProjector.write(folder.resolve("mmproj.gguf"), MODEL_WIDTH, 1);
    Path adapter = TinyAdapter.write(folder.resolve("lora.gguf"), MODEL_WIDTH, MODEL_LAYERS, 1);
    EngineOptions options = EngineOptions.of(1024, 2);
    PROVIDER.serve(FILES.load("blind", model, options));
    PROVIDER.serve(
        FILES.load(
            "sighted", new GgufFiles(model, Optional.of(projector), Optional.empty()), options));
    PROVIDER.serve(
        FILES.load(
            "adapted", new GgufFiles(model, Optional.empty(), Optional.of(adapter)), options));
  }

  @AfterAll
  static void close() {
    List.of("blind", "sighted", "adapted")
        .forEach(name -> PROVIDER.withdraw(name).orElseThrow().close());
    assertEquals(0, FILES.open());
  }

  private static InferenceRequest ask(String model, byte[]... images) {
    String text = "What is this? Say it in a few words.";
    List<Image> placed =
        Arrays.stream(images).map(bytes -> new Image("image/png", bytes, 13)).toList();
    Message question =
        new Message(Message.Role.USER, text, List.of(), Optional.empty(), Optional.empty(), placed);
    Prompt.Chat chat = new Prompt.Chat(List.of(question), List.of(), new ToolChoice.Auto(), false);
    return new InferenceRequest(
        "test", model, chat, GREEDY, new OutputFormat.Text(), OptionalInt.of(16));
  }

  private static String answer(InferenceRequest request) throws Exception {
    StringBuilder text = new StringBuilder();
    try (PreparedPrompt prepared = PROVIDER.prepare(request);
        InferenceStream stream =
            PROVIDER.infer(
                Attempts.local(request, Optional.of(prepared), Duration.ofSeconds(100)))) {
      while (true) {
        switch (stream.next()) {
          case InferenceEvent.TextDelta delta -> text.append(delta.text());
          case InferenceEvent.Finished _ -> {
            assertEquals(prepared.tokens(), stream.usageSoFar().promptTokens());
            return text.toString();
          }
          default -> {}
        }
      }
    }
  }

  private static int tokens(InferenceRequest request) throws Exception {
    try (PreparedPrompt prepared = PROVIDER.prepare(request)) {
      return prepared.tokens();
    }
  }

  @Test
  void threeModelsShareOneFilesWeights() {
    assertEquals(1, FILES.open());
  }

  @Test
  void onlyTheModelWithAProjectorSees() {
    for (ServedModel model : PROVIDER.models()) {
      assertEquals(
          model.name().equals("sighted"), model.abilities().contains(Ability.VISION), model.name());
    }
  }

  @Test
  void imageIsAnsweredAndCountedAndTheAnswerDependsOnIt() throws Exception {
    String one = answer(ask("sighted", ONE));
    assertEquals(one, answer(ask("sighted", ONE)));
    assertNotEquals(one, answer(ask("sighted", OTHER)));
    int text = tokens(ask("sighted"));
    int difference = tokens(ask("sighted", ONE, OTHER)) - tokens(ask("sighted", ONE));
    assertTrue(tokens(ask("sighted", ONE)) >= text + TinyProjector.TOKENS);
    assertTrue(difference >= TinyProjector.TOKENS, "found " + difference);
  }

  @Test
  void textIsAnsweredAlikeWithAndWithoutAProjector() throws Exception {
    assertEquals(answer(ask("blind")), answer(ask("sighted")));
  }

  @Test
  void modelThatCannotSeeSaysSoForAnotherToBeAsked() {
    InferenceException refusal =
        assertThrows(InferenceException.class, () -> tokens(ask("blind", ONE)));
    assertEquals(InferenceException.Kind.UNSUPPORTED, refusal.kind());
  }

  @Test
  void promptThatIsShownHasAPlaceForItsImageAndNotTheSecretMarker() throws Exception {
    try (Vocabulary sighted = PROVIDER.vocabulary("sighted", Instant.now().plusSeconds(60));
        Vocabulary blind = PROVIDER.vocabulary("blind", Instant.now().plusSeconds(60))) {
      String shown = sighted.prompt(ask("sighted", ONE));
      assertTrue(shown.contains("<__media__>"), shown);
      assertFalse(shown.contains("<image "), shown);
      InferenceException refusal =
          assertThrows(InferenceException.class, () -> blind.prompt(ask("blind", ONE)));
      assertEquals(InferenceException.Kind.UNSUPPORTED, refusal.kind());
    }
  }

  @Test
  void imageThatIsNoneIsRefusedWhenThePromptIsPrepared() {
    byte[] text = "<svg/>".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    InferenceException refusal =
        assertThrows(InferenceException.class, () -> tokens(ask("sighted", ONE, text)));
    assertEquals(InferenceException.Kind.UNSUPPORTED, refusal.kind(), "another may read it");
    assertTrue(refusal.getMessage().contains("image 2"), refusal.getMessage());
  }

  @Test
  void imageWhoseDataIsDamagedIsRefusedWhenItIsComputed() throws Exception {
    byte[] cut = Arrays.copyOf(ONE, ONE.length / 2);
    InferenceException refusal =
        assertThrows(InferenceException.class, () -> answer(ask("sighted", cut)));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
    assertFalse(answer(ask("sighted", ONE)).isEmpty());
  }

  @Test
  void adapterChangesItsModelAndNotTheOneBesideIt() throws Exception {
    String base = answer(ask("blind"));
    String adapted = answer(ask("adapted"));
    assertNotEquals(base, adapted);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> first = clients.submit(() -> answer(ask("adapted")));
      Future<String> second = clients.submit(() -> answer(ask("blind")));
      assertEquals(adapted, first.get());
      assertEquals(base, second.get());
    }
  }

  @Test
  void projectorOfAnotherModelIsRefusedAndHoldsNothing(@TempDir Path folder) throws IOException {
    Path narrow = TinyProjector.write(folder.resolve("narrow.gguf"), 64, 1);
    GgufFiles files = new GgufFiles(TestModels.small(), Optional.of(narrow), Optional.empty());
    EngineOptions options = EngineOptions.of(1024, 2);
    assertThrows(LlamaException.class, () -> FILES.load("wrong", files, options));
    GgufFiles adapter = new GgufFiles(TestModels.small(), Optional.empty(), Optional.of(narrow));
    assertThrows(LlamaException.class, () -> FILES.load("wrong", adapter, options));
    assertEquals(1, FILES.open());
  }
}
