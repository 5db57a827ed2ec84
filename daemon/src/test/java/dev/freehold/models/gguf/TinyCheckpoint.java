package dev.freehold.models.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A BERT checkpoint of a few kilobytes, as training tools write it, with weights from a fixed seed.
 * Tests change what it says before they write it.
 */
public final class TinyCheckpoint {

  private static final long SEED = 20260102;
  private static final int WIDTH = 8;
  private static final int INNER = 16;
  private static final int CONTEXT = 12;

  public static final List<String> VOCABULARY =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "ab");

  private final Map<String, List<Integer>> tensors = new LinkedHashMap<>();
  private final Map<String, String> types = new LinkedHashMap<>();
  private String config =
      """
      {"model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "intermediate_size": 16,
       "num_attention_heads": 2, "num_hidden_layers": 1, "max_position_embeddings": 12,
       "type_vocab_size": 2, "vocab_size": 10, "layer_norm_eps": 1e-12}
      """;
  private String pooling =
      """
      {"word_embedding_dimension": 8, "pooling_mode_cls_token": false,
       "pooling_mode_mean_tokens": true}
      """;
  private String vocabulary = String.join("\n", VOCABULARY) + "\n";

  public TinyCheckpoint() {
    tensors.put("embeddings.word_embeddings.weight", List.of(VOCABULARY.size(), WIDTH));
    tensors.put("embeddings.position_embeddings.weight", List.of(CONTEXT, WIDTH));
    tensors.put("embeddings.token_type_embeddings.weight", List.of(2, WIDTH));
    norm("embeddings.LayerNorm");
    String layer = "encoder.layer.0.";
    dense(layer + "attention.self.query", WIDTH, WIDTH);
    dense(layer + "attention.self.key", WIDTH, WIDTH);
    dense(layer + "attention.self.value", WIDTH, WIDTH);
    dense(layer + "attention.output.dense", WIDTH, WIDTH);
    norm(layer + "attention.output.LayerNorm");
    dense(layer + "intermediate.dense", INNER, WIDTH);
    dense(layer + "output.dense", WIDTH, INNER);
    norm(layer + "output.LayerNorm");
    dense("pooler.dense", WIDTH, WIDTH);
  }

  TinyCheckpoint without(String tensor) {
    tensors.remove(tensor);
    return this;
  }

  TinyCheckpoint with(String tensor, List<Integer> shape) {
    tensors.put(tensor, shape);
    return this;
  }

  TinyCheckpoint typed(String tensor, String type) {
    types.put(tensor, type);
    return this;
  }

  TinyCheckpoint configured(String from, String to) {
    config = config.replace(from, to);
    return this;
  }

  TinyCheckpoint pooled(String config) {
    pooling = config;
    return this;
  }

  TinyCheckpoint vocabulary(List<String> tokens) {
    vocabulary = String.join("\n", tokens) + "\n";
    return this;
  }

  public byte[] config() {
    return config.getBytes(StandardCharsets.UTF_8);
  }

  public byte[] pooling() {
    return pooling.getBytes(StandardCharsets.UTF_8);
  }

  public byte[] vocabulary() {
    return vocabulary.getBytes(StandardCharsets.UTF_8);
  }

  public byte[] tokenizer() {
    return """
    {"do_lower_case": true, "strip_accents": null, "unk_token": "[UNK]", "sep_token": "[SEP]",
     "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
    """
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The weights as a safetensors file. */
  public byte[] weights() {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    StringBuilder header = new StringBuilder("{\"__metadata__\": {\"format\": \"pt\"}");
    Random random = new Random(SEED);
    tensors.forEach(
        (name, shape) -> {
          int begin = data.size();
          int numbers = shape.stream().reduce(1, Math::multiplyExact);
          ByteBuffer bytes =
              ByteBuffer.allocate(numbers * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = 0; i < numbers; i++) {
            bytes.putFloat(random.nextFloat() - 0.5f);
          }
          data.writeBytes(bytes.array());
          header.append(
              ", \"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": [%d, %d]}"
                  .formatted(name, types.getOrDefault(name, "F32"), shape, begin, data.size()));
        });
    return safetensors(header.append('}').toString(), data.toByteArray());
  }

  static byte[] safetensors(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  /** Writes the checkpoint into a folder and converts it there. */
  public Path convert(Path folder) throws IOException, CheckpointException {
    Path gguf = folder.resolve("converted.gguf");
    BertConversion.convert(write(folder), gguf);
    return gguf;
  }

  BertConversion.Checkpoint write(Path folder) throws IOException {
    return new BertConversion.Checkpoint(
        Files.write(folder.resolve("weights"), weights()),
        Files.write(folder.resolve("config"), config()),
        Files.write(folder.resolve("tokenizer"), tokenizer()),
        Files.write(folder.resolve("vocabulary"), vocabulary()),
        Files.write(folder.resolve("pooling"), pooling()));
  }

  private void norm(String name) {
    tensors.put(name + ".weight", List.of(WIDTH));
    tensors.put(name + ".bias", List.of(WIDTH));
  }

  private void dense(String name, int rows, int columns) {
    tensors.put(name + ".weight", List.of(rows, columns));
    tensors.put(name + ".bias", List.of(rows));
  }
}
