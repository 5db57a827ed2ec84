package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.tiny.TinyImages;
import dev.freehold.llama.tiny.TinyProjector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real model with a projector of random weights: what it sees is nonsense, the same each time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VisionTest {

  private static final String MARKER = "<a place for an image>";
  private static final int WIDTH = 576;

  private final Model model = Models.shared();
  private Path directory;
  private Projector projector;

  @BeforeAll
  void load(@TempDir Path temporary) throws IOException {
    directory = temporary;
    Path file = TinyProjector.write(temporary.resolve("mmproj.gguf"), WIDTH, 1);
    projector = Projector.load(file, model, 1, false);
  }

  @AfterAll
  void close() {
    projector.close();
  }

  private VisionPrompt tokenize(String text, boolean withPixels, byte[]... images) {
    return projector.tokenize(text, MARKER, List.of(images), withPixels);
  }

  @Test
  void projectorHasTheModelsWidth() {
    assertEquals(WIDTH, projector.width());
    assertFalse(projector.nonCausal());
  }

  @Test
  void imageStandsWhereItsMarkerStoodAndTheTextIsTokenisedAsEver() {
    byte[] image = TinyImages.png(40, 30, 1);
    try (VisionPrompt prompt = tokenize("Look: " + MARKER + " What is it?", true, image);
        TokenBuffer tokens = prompt.tokens();
        TokenBuffer before = model.tokenize("Look: ", true, true)) {
      assertEquals(List.of(new ImageSpan(before.size(), TinyProjector.TOKENS, 0)), prompt.spans());
      assertEquals(prompt.size(), tokens.size());
      for (int i = 0; i < before.size(); i++) {
        assertEquals(before.get(i), tokens.get(i));
      }
      ImageSpan span = prompt.spans().getFirst();
      for (int i = 0; i < tokens.size(); i++) {
        assertEquals(i >= span.start() && i < span.end(), tokens.get(i) < 0);
      }
    }
  }

  @Test
  void otherImageGivesOtherTokensInItsPlace() {
    try (VisionPrompt one = tokenize(MARKER + "?", false, TinyImages.png(40, 30, 1));
        VisionPrompt same = tokenize(MARKER + "?", true, TinyImages.png(40, 30, 1));
        VisionPrompt other = tokenize(MARKER + "?", false, TinyImages.png(40, 30, 2))) {
      assertEquals(numbers(one), numbers(same));
      assertNotEquals(numbers(one), numbers(other));
      assertEquals(one.size(), other.size());
    }
  }

  private static List<Integer> numbers(VisionPrompt prompt) {
    try (TokenBuffer tokens = prompt.tokens()) {
      return Arrays.stream(tokens.segment().toArray(ValueLayout.JAVA_INT)).boxed().toList();
    }
  }

  @Test
  void pngAndJpegOfAnyShapeAreComputed() {
    List<byte[]> images =
        List.of(
            TinyImages.png(1, 1, 1),
            TinyImages.png(2000, 3, 2),
            TinyImages.jpeg(640, 480, 3),
            TinyImages.jpeg(7, 900, 4));
    for (byte[] image : images) {
      try (VisionPrompt prompt = tokenize(MARKER + "?", true, image);
          ImageEmbeddings embeddings = projector.encode(prompt, 0)) {
        assertEquals(TinyProjector.TOKENS, embeddings.tokens());
        float[] floats = embeddings.segment().toArray(ValueLayout.JAVA_FLOAT);
        assertEquals(TinyProjector.TOKENS * WIDTH, floats.length);
        for (float value : floats) {
          assertTrue(Float.isFinite(value));
        }
      }
    }
  }

  @Test
  void answerDependsOnTheImageAndIsTheSameEveryTime() {
    String one = answer(TinyImages.png(64, 64, 1), 16);
    assertEquals(one, answer(TinyImages.png(64, 64, 1), 16));
    assertEquals(one, answer(TinyImages.png(64, 64, 1), 5), "decoded in parts");
    assertNotEquals(one, answer(TinyImages.png(64, 64, 9), 16));
  }

  private String answer(byte[] image, int partTokens) {
    StringBuilder answer = new StringBuilder();
    try (VisionPrompt prompt = tokenize("One " + MARKER + " two", true, image);
        TokenBuffer tokens = prompt.tokens();
        ImageEmbeddings embeddings = projector.encode(prompt, 0);
        Context context = Models.context(model, 256, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.defaults().withTemperature(0));
        Batch batch = Batch.allocate(64, 1);
        ImageBatch part = ImageBatch.allocate(partTokens)) {
      ImageSpan span = prompt.spans().getFirst();
      text(context, batch, tokens, 0, span.start());
      for (int from = 0; from < span.length(); from += partTokens) {
        int count = Math.min(partTokens, span.length() - from);
        part.hold(embeddings, from, count, span.start() + from, 0);
        assertEquals(DecodeResult.OK, context.decode(part));
      }
      int output = text(context, batch, tokens, span.end(), tokens.size());
      int position = tokens.size();
      for (int i = 0; i < 12; i++) {
        int token = sampler.sample(context, output);
        answer.append(token).append(' ');
        batch.clear();
        output = batch.add(token, position++, 0, true);
        context.decode(batch);
      }
    }
    return answer.toString();
  }

  private static int text(Context context, Batch batch, TokenBuffer tokens, int from, int to) {
    batch.clear();
    int output = -1;
    for (int i = from; i < to; i++) {
      output = batch.add(tokens.get(i), i, 0, i == to - 1);
    }
    assertEquals(DecodeResult.OK, context.decode(batch));
    return output;
  }

  @Test
  void imagePlaceReadAsTextIsRefusedByLlama() {
    try (VisionPrompt prompt = tokenize(MARKER + " two", false, TinyImages.png(8, 8, 1));
        TokenBuffer tokens = prompt.tokens();
        Context context = Models.context(model, 256, 1);
        Batch batch = Batch.allocate(64, 1)) {
      batch.add(tokens.get(prompt.spans().getFirst().start()), 0, 0, true);
      assertThrows(LlamaException.class, () -> context.decode(batch));
    }
  }

  @Test
  void imagesAndMarkersMustBeAsMany() {
    refused("has places for 1 images, there are 0", MARKER);
    refused("has places for 0 images, there are 1", "no place", TinyImages.png(8, 8, 1));
  }

  @Test
  void whatIsNoImageOrTooLargeIsRefusedByNumber() {
    byte[] good = TinyImages.png(8, 8, 1);
    refused(
        "image 2: an image must be a PNG or a JPEG",
        MARKER + MARKER,
        good,
        "GIF89a".getBytes(StandardCharsets.US_ASCII));
    refused("image 1: an image must be a PNG or a JPEG", MARKER, new byte[0]);
    refused(
        "image 1: an image has at most 16777216 pixels", MARKER, TinyImages.png(16_000, 1_100, 1));
    byte[] large = TinyImages.png(4_000, 4_000, 1);
    refused("these have 48000000", MARKER.repeat(3), large, large, large);
    refused("image 1: an image has at most 20971520 bytes", MARKER, Arrays.copyOf(good, 21 << 20));
  }

  @Test
  void jpegOfVeryManyScansIsRefused() {
    byte[] image = TinyImages.jpeg(48, 40, 2);
    byte[] end = {(byte) 0xff, (byte) 0xd9};
    byte[] scan = {(byte) 0xff, (byte) 0xda, 0, 8, 1, 1, 0, 0, 63, 0};
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    bomb.write(image, 0, image.length - end.length);
    for (int i = 0; i < 5_000; i++) {
      bomb.writeBytes(scan);
    }
    bomb.writeBytes(end);

    refused(
        "image 1: a JPEG has at most 100 scans here, this one has 5001",
        MARKER,
        bomb.toByteArray());
  }

  private void refused(String reason, String text, byte[]... images) {
    LlamaException failure =
        assertThrows(LlamaException.class, () -> tokenize(text, true, images).close());
    assertTrue(failure.getMessage().contains(reason), failure.getMessage());
  }

  @Test
  void measuredPromptCannotBeComputed() {
    try (VisionPrompt prompt = tokenize(MARKER + "?", false, TinyImages.png(8, 8, 1))) {
      assertThrows(LlamaException.class, () -> projector.encode(prompt, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> projector.encode(prompt, 1));
    }
  }

  @Test
  void projectorOfAnotherModelOrNoProjectorIsRefused() throws IOException {
    Path narrow = TinyProjector.write(directory.resolve("narrow.gguf"), 64, 1);
    failsToLoad(narrow, "mismatch between text model");
    failsToLoad(Models.smollm2(), "cannot be loaded");
    failsToLoad(directory.resolve("nowhere.gguf"), "there is no such file");
    byte[] whole = Files.readAllBytes(narrow);
    Path cut = Files.write(directory.resolve("cut.gguf"), Arrays.copyOf(whole, whole.length / 2));
    failsToLoad(cut, "cannot be loaded");
  }

  private void failsToLoad(Path file, String reason) {
    LlamaException failure =
        assertThrows(LlamaException.class, () -> Projector.load(file, model, 1, false).close());
    assertTrue(failure.getMessage().contains(reason), failure.getMessage());
  }

  @Test
  void closedProjectorRefusesUse() throws IOException {
    Path file = TinyProjector.write(directory.resolve("closed.gguf"), WIDTH, 1);
    Projector closed = Projector.load(file, model, 1, false);
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> closed.tokenize("x", MARKER, List.of(), true));
  }
}
