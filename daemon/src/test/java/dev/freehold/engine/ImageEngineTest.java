package dev.freehold.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.Projector;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.llama.VisionPrompt;
import dev.freehold.llama.tiny.TinyImages;
import dev.freehold.llama.tiny.TinyProjector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** Images through the engine, over the real small model with a projector of random weights. */
@Timeout(120)
class ImageEngineTest extends SmallModelTest {

  private static final String MARKER = "<an image>";
  private static final int MODEL_WIDTH = 576;
  private static final byte[] ONE = TinyImages.png(64, 64, 1);
  private static final byte[] OTHER = TinyImages.jpeg(64, 64, 2);

  /**
   * Of natural logarithms. The weights have four bits, and activations are rounded to eight: flash
   * attention alone, on or off, was seen to change 0.1 here, sharing a batch 0.3, another image
   * 1.8.
   */
  private static final double TOLERANCE = 0.7;

  private static ImageEncoder encoder;

  @BeforeAll
  static void loadEncoder(@TempDir Path directory) throws IOException {
    Path file = TinyProjector.write(directory.resolve("mmproj.gguf"), MODEL_WIDTH, 1);
    encoder = new ImageEncoder(Projector.load(file, model, 1, false));
  }

  @AfterAll
  static void closeEncoder() {
    encoder.close();
  }

  private static EngineOptions options(int contextTokens, int slots, int batchTokens) {
    EngineOptions defaults = EngineOptions.of(contextTokens, slots);
    return new EngineOptions(
        contextTokens,
        slots,
        batchTokens,
        1,
        defaults.gpuLayers(),
        8,
        Duration.ofSeconds(60),
        defaults.interTokenTarget());
  }

  private static GenerationRequest request(String text, OptionalInt limit, byte[]... images)
      throws Exception {
    return request(text, Sampler.create(model, neverEnding()), limit, OptionalInt.empty(), images);
  }

  private static GenerationRequest request(
      String text, Sampler sampler, OptionalInt limit, OptionalInt logprobs, byte[]... images)
      throws Exception {
    TokenBuffer tokens;
    try (VisionPrompt prompt = encoder.projector().tokenize(text, MARKER, List.of(images), false)) {
      tokens = prompt.tokens();
    }
    Optional<PromptImages> computed =
        images.length == 0
            ? Optional.empty()
            : Optional.of(encoder.encode(new ImagePrompt(text, MARKER, List.of(images))));
    return new GenerationRequest(
        tokens, sampler, limit, List.of(), false, true, logprobs, false, computed);
  }

  private static GenerationRequest limited(String text, int limit, byte[]... images)
      throws Exception {
    return request(text, OptionalInt.of(limit), images);
  }

  @Test
  void answerDependsOnTheImageAndIsTheSameEveryTime() throws Exception {
    String prompt = STORY + MARKER + " and then";
    try (Engine engine = Engine.start(model, options(512, 2, 64))) {
      String one = answer(engine, limited(prompt, 16, ONE));
      assertEquals(one, answer(engine, limited(prompt, 16, ONE)));
      assertNotEquals(one, answer(engine, limited(prompt, 16, OTHER)));
    }
    assertEquals(0, encoder.bytesHeld());
  }

  @Test
  void imagesAreCountedAsTokensAndReserved() throws Exception {
    try (Engine engine = Engine.start(model, options(512, 2, 64));
        Generation without = engine.submit(limited(STORY + " and then", 4));
        Generation with =
            engine.submit(limited(STORY + MARKER + MARKER + " and then", 4, ONE, OTHER))) {
      text(without);
      text(with);
      assertEquals(without.promptTokens() + 2 * TinyProjector.TOKENS, with.promptTokens());
      assertEquals(4, with.completionTokens());
      assertEquals(without.promptTokens() + with.promptTokens(), engine.promptTokensTotal());
    }
  }

  @Test
  void imageLargerThanTheBatchIsDecodedInParts() throws Exception {
    String prompt = MARKER + " is what I saw, and " + MARKER + " too, and then";
    String whole;
    try (Engine engine = Engine.start(model, options(512, 1, 64))) {
      whole = answer(engine, limited(prompt, 8, ONE, OTHER));
    }
    try (Engine engine = Engine.start(model, options(512, 1, 5))) {
      assertEquals(whole, answer(engine, limited(prompt, 8, ONE, OTHER)));
    }
  }

  /**
   * Who shares a batch changes the last bits of a float, and where two words are as likely, the
   * word. So what the model thinks of the next word is compared, not which one it takes.
   */
  @Test
  void textAndImageRequestsTogetherAreReadAsTheyAreAlone() throws Exception {
    String withImage = STORY + MARKER + " and then";
    try (Engine engine = Engine.start(model, options(1024, 4, 64));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<String, Double> text = thoughts(engine, STORY);
      Map<String, Double> one = thoughts(engine, withImage, ONE);
      Map<String, Double> other = thoughts(engine, withImage, OTHER);
      assertTrue(distance(one, other) > 2 * TOLERANCE, "images are told apart");
      assertTrue(distance(text, one) > 2 * TOLERANCE, "an image is told from none");
      for (int round = 0; round < 5; round++) {
        Future<Map<String, Double>> again = clients.submit(() -> thoughts(engine, STORY));
        Future<Map<String, Double>> first = clients.submit(() -> thoughts(engine, withImage, ONE));
        Future<Map<String, Double>> second =
            clients.submit(() -> thoughts(engine, withImage, OTHER));
        assertEquals(0, distance(text, again.get()), TOLERANCE);
        assertEquals(0, distance(one, first.get()), TOLERANCE);
        assertEquals(0, distance(other, second.get()), TOLERANCE);
      }
    }
    assertEquals(0, encoder.bytesHeld());
  }

  /** How likely the model holds each of the words that could come next. */
  private static Map<String, Double> thoughts(Engine engine, String text, byte[]... images)
      throws Exception {
    Sampler sampler = Sampler.create(model, neverEnding());
    GenerationRequest request =
        request(text, sampler, OptionalInt.of(1), OptionalInt.of(20), images);
    List<ScoredToken> scores = new ArrayList<>();
    try (Generation generation = engine.submit(request)) {
      int length;
      do {
        length = generation.read();
        scores.addAll(generation.takeScores());
      } while (length >= 0);
    }
    Map<String, Double> words = new HashMap<>();
    for (ScoredToken.Alternative word : scores.getFirst().alternatives()) {
      words.put(word.utf8().toString(), (double) word.logprob());
    }
    return words;
  }

  /** The largest difference among the words that both name. */
  private static double distance(Map<String, Double> one, Map<String, Double> other) {
    double distance = 0;
    int shared = 0;
    for (Map.Entry<String, Double> word : one.entrySet()) {
      if (other.containsKey(word.getKey())) {
        shared++;
        distance = Math.max(distance, Math.abs(word.getValue() - other.get(word.getKey())));
      }
    }
    return shared == 0 ? Double.MAX_VALUE : distance;
  }

  @Test
  void parkedSequenceComesBackWithItsImage() throws Exception {
    String prompt = STORY + MARKER + " and then";
    try (Engine engine = Engine.start(model, options(600, 2, 64));
        Generation first = engine.submit(request(prompt, OptionalInt.empty(), ONE));
        Generation second = engine.submit(request(prompt, OptionalInt.empty(), OTHER))) {
      text(first);
      text(second);
      assertEquals(Generation.Ending.CONTEXT_FULL, first.ending());
      assertEquals(Generation.Ending.CONTEXT_FULL, second.ending());
      assertEquals(engine.sequenceTokensMax(), second.promptTokens() + second.completionTokens());
    }
    assertEquals(0, encoder.bytesHeld());
  }

  @Test
  void damagedImageIsRefusedAndHoldsNothing() {
    byte[] cut = Arrays.copyOf(ONE, ONE.length / 2);
    EngineException refusal =
        assertThrows(
            EngineException.class,
            () -> encoder.encode(new ImagePrompt(MARKER + "?", MARKER, List.of(cut))));
    assertEquals(EngineException.Kind.BAD_IMAGE, refusal.kind());
    assertTrue(
        refusal.getMessage().contains("image 1: the image is damaged"), refusal.getMessage());
    assertEquals(0, encoder.bytesHeld());
  }

  @Test
  void promptThatEndsInAnImageIsRefused() throws Exception {
    try (Engine engine = Engine.start(model, options(512, 1, 64))) {
      GenerationRequest request = limited(STORY + MARKER, 4, ONE);
      EngineException refusal = assertThrows(EngineException.class, () -> engine.submit(request));
      assertEquals(EngineException.Kind.BAD_IMAGE, refusal.kind());
    }
    assertEquals(0, encoder.bytesHeld());
  }

  @Test
  void cancelledRequestGivesItsImagesBack() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 64))) {
      Generation endless = engine.submit(limited(STORY + MARKER + " and then", 900, ONE));
      assertTrue(endless.read() > 0);
      endless.close();
      assertThrows(EngineException.class, () -> text(endless));
      while (encoder.bytesHeld() > 0) {
        Thread.onSpinWait();
      }
      assertTrue(endless.completionTokens() < 900, "the images were held until its end");
    }
    assertEquals(0, encoder.bytesHeld());
  }
}
