package dev.freehold.models.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.TokenBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BertConversionTest {

  /**
   * The catalogue pins what the conversion makes. If this changes, so did the hash of every model
   * in the catalogue that is converted: change those too, or nobody can fetch them.
   */
  private static final String SHA256 =
      "f5b137ae3a4710d2fbe32d57023c39a1af7f64f22b9ad6fb728e6bd34f056ef5";

  @TempDir private Path folder;

  @Test
  void sameCheckpointGivesTheSameBytesEverywhere() throws Exception {
    Path gguf = convert(new TinyCheckpoint());

    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(gguf));

    assertEquals(SHA256, HexFormat.of().formatHex(digest));
  }

  @Test
  void metadataIsWhatLlamaCppAsksFor() throws Exception {
    Map<String, GgufValue> metadata = GgufMetadata.read(convert(new TinyCheckpoint()));

    assertEquals(new GgufValue.Text("bert"), metadata.get("general.architecture"));
    assertEquals(new GgufValue.Uint32(12), metadata.get("bert.context_length"));
    assertEquals(new GgufValue.Uint32(1), metadata.get("bert.pooling_type"));
    assertEquals(new GgufValue.Bool(false), metadata.get("bert.attention.causal"));
    assertEquals(
        new GgufValue.Texts(
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁a", "a", "▁b", "b", "▁ab")),
        metadata.get("tokenizer.ggml.tokens"));
    assertEquals(
        new GgufValue.Int32s(List.of(3, 3, 3, 3, 3, 1, 1, 1, 1, 1)),
        metadata.get("tokenizer.ggml.token_type"));
    assertEquals(new GgufValue.Uint32(3), metadata.get("tokenizer.ggml.seperator_token_id"));
  }

  @Test
  void llamaCppLoadsTheResultAndTokenizesByItsVocabulary() throws Exception {
    try (Model model = Model.load(convert(new TinyCheckpoint()), ModelOptions.defaults());
        TokenBuffer tokens = model.tokenize("Ab bá z", true, false)) {
      assertEquals(12, model.trainedContextLength());
      assertEquals(List.of(2, 9, 7, 6, 1, 3), list(tokens));
    }
  }

  @Test
  void missingTensorIsNamed() throws IOException {
    refuse(
        new TinyCheckpoint().without("encoder.layer.0.output.dense.bias"),
        "lack encoder.layer.0.output.dense.bias");
  }

  @Test
  void tensorThatNobodyAskedForIsNotDroppedSilently() throws IOException {
    refuse(
        new TinyCheckpoint().with("encoder.layer.1.output.dense.bias", List.of(8)),
        "found encoder.layer.1.output.dense.bias");
  }

  @Test
  void tensorOfAnotherShapeIsRefused() throws IOException {
    refuse(
        new TinyCheckpoint().with("embeddings.position_embeddings.weight", List.of(11, 8)),
        "expected the shape [12, 8], found [11, 8]");
  }

  @Test
  void numbersOfAnotherTypeAreRefused() throws IOException {
    refuse(
        new TinyCheckpoint().typed("embeddings.LayerNorm.bias", "I32"),
        "embeddings.LayerNorm.bias: expected F32, found I32");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"bert\"               | \"roberta\"             | as model_type, found \"roberta\"",
        "\"gelu\"               | \"relu\"                | as hidden_act, found \"relu\"",
        "\"hidden_size\": 8     | \"hidden_size\": 9      | num_attention_heads divides",
        "\"hidden_size\": 8     | \"hidden_size\": \"8\"  | as hidden_size, found \"8\"",
        "\"num_hidden_layers\": 1 | \"num_hidden_layers\": 0 | as num_hidden_layers, found 0",
        "\"layer_norm_eps\"     | \"eps\"                 | as layer_norm_eps, found nothing",
        "\"vocab_size\": 10     | \"vocab_size\": 11      | vocabulary of 11 tokens",
        "{                      | {{                      | config is no JSON",
      })
  void modelThatLlamaCppWouldComputeOtherwiseIsRefused(String from, String to, String expected)
      throws IOException {
    refuse(new TinyCheckpoint().configured(from, to), expected);
  }

  @Test
  void vocabularyWithoutItsSpecialTokensIsRefused() throws IOException {
    List<String> tokens = new ArrayList<>(TinyCheckpoint.VOCABULARY);
    tokens.set(3, "[END]");
    refuse(new TinyCheckpoint().vocabulary(tokens), "as sep_token, found \"[SEP]\"");
  }

  @Test
  void tokenThatStandsTwiceIsRefused() throws IOException {
    List<String> tokens = new ArrayList<>(TinyCheckpoint.VOCABULARY);
    tokens.set(9, "a");
    refuse(new TinyCheckpoint().vocabulary(tokens), "of which 9 differ");
  }

  @Test
  void poolingThatLlamaCppLacksIsRefused() throws IOException {
    refuse(
        new TinyCheckpoint().pooled("{\"pooling_mode_max_tokens\": true}"),
        "[pooling_mode_max_tokens]");
  }

  private Path convert(TinyCheckpoint checkpoint) throws IOException, CheckpointException {
    Path gguf = folder.resolve("tiny.gguf");
    BertConversion.convert(checkpoint.write(folder), gguf);
    return gguf;
  }

  private void refuse(TinyCheckpoint checkpoint, String expected) throws IOException {
    BertConversion.Checkpoint files = checkpoint.write(folder);
    Path gguf = folder.resolve("refused.gguf");
    CheckpointException refusal =
        assertThrows(CheckpointException.class, () -> BertConversion.convert(files, gguf));
    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    assertTrue(Files.notExists(gguf));
  }

  private static List<Integer> list(TokenBuffer tokens) {
    List<Integer> list = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      list.add(tokens.get(i));
    }
    return list;
  }
}
