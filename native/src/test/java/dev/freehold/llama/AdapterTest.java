package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.tiny.TinyAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterTest {

  private static final int WIDTH = 576;
  private static final int LAYERS = 30;

  private final Model model = Models.shared();

  @Test
  void adapterChangesItsOwnContextAndNoOther(@TempDir Path directory) throws IOException {
    Path file = TinyAdapter.write(directory.resolve("adapter.gguf"), WIDTH, LAYERS, 1);
    try (Adapter adapter = Adapter.load(file, model);
        Context plain = Models.context(model, 256, 1);
        Context adapted = Models.context(model, 256, 1)) {
      String before = answer(plain);
      adapted.adapt(adapter, 1);
      String different = answer(adapted);
      assertNotEquals(before, different);
      assertEquals(before, answer(plain));
      assertEquals(different, answer(adapted));
      assertThrows(IllegalArgumentException.class, () -> adapted.adapt(adapter, 1));
    }
  }

  @Test
  void adapterThatIsClosedFirstStaysUntilItsContextIsClosed(@TempDir Path directory)
      throws IOException {
    Path file = TinyAdapter.write(directory.resolve("adapter.gguf"), WIDTH, LAYERS, 1);
    Adapter adapter = Adapter.load(file, model);
    try (Context adapted = Models.context(model, 256, 1)) {
      adapted.adapt(adapter, 1);
      String before = answer(adapted);
      adapter.close();
      assertEquals(before, answer(adapted));
    }
    try (Context other = Models.context(model, 256, 1)) {
      assertThrows(IllegalStateException.class, () -> other.adapt(adapter, 1));
    }
  }

  @Test
  void fileThatIsNoAdapterOfThisModelIsRefused(@TempDir Path directory) throws IOException {
    Path narrow = TinyAdapter.write(directory.resolve("narrow.gguf"), 64, 1, 1);
    refused(narrow);
    refused(Models.smollm2());
    refused(directory.resolve("nowhere.gguf"));
    byte[] whole = Files.readAllBytes(narrow);
    refused(Files.write(directory.resolve("cut.gguf"), Arrays.copyOf(whole, whole.length / 2)));
    refused(Files.write(directory.resolve("empty.gguf"), new byte[0]));
  }

  private void refused(Path file) {
    LlamaException failure =
        assertThrows(LlamaException.class, () -> Adapter.load(file, model).close());
    assertTrue(failure.getMessage().contains("cannot be loaded"), failure.getMessage());
  }

  private String answer(Context context) {
    context.clear();
    try (TokenBuffer prompt = model.tokenize("The capital of France is", true, true);
        Sampler sampler = Sampler.create(model, SamplerOptions.defaults().withTemperature(0))) {
      return Generation.generate(context, sampler, prompt, 12);
    }
  }
}
