package dev.freehold.models.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a GGUF file of a BERT encoder for embeddings, as llama.cpp's architecture {@code bert}
 * reads it.
 *
 * <p>Matrices become 16-bit floats, which halves the file; vectors, norms and the tables of
 * positions and segments stay 32-bit, because llama.cpp adds them without conversion.
 */
public final class BertConversion {

  /** A configuration has hundreds of bytes, a vocabulary some hundreds of kilobytes. */
  public static final long TEXT_BYTES_MAX = 16L << 20;

  private static final int LAYERS_MAX = 1000;
  private static final int VOCABULARY_MAX = 1 << 20;

  /** What {@code general.file_type} says of a file whose matrices are mostly 16-bit floats. */
  private static final int MOSTLY_F16 = 1;

  private static final int NORMAL_TOKEN = 1;
  private static final int CONTROL_TOKEN = 3;

  /** What llama.cpp puts before a piece that begins a word. */
  private static final String WORD_START = "\u2581";

  /** What WordPiece puts before a piece that goes on with a word. */
  private static final String CONTINUATION = "##";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Written with a checkpoint, useless for embeddings. */
  private static final Set<String> LEFT_OUT =
      Set.of("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias");

  /**
   * The files of a checkpoint.
   *
   * @param weights safetensors
   * @param config the model's dimensions, JSON
   * @param tokenizer the names of the special tokens and how text is normalised, JSON
   * @param vocabulary one token a line
   * @param pooling how token vectors become one, JSON
   */
  public record Checkpoint(
      Path weights, Path config, Path tokenizer, Path vocabulary, Path pooling) {}

  private BertConversion() {}

  /**
   * Writes the GGUF file of a checkpoint.
   *
   * @throws CheckpointException if the checkpoint is damaged or is no model that llama.cpp's BERT
   *     computes as its authors do
   */
  public static void convert(Checkpoint checkpoint, Path gguf)
      throws IOException, CheckpointException {
    JsonNode config = json(checkpoint.config());
    Dimensions dimensions = dimensions(config);
    GgufWriter writer = new GgufWriter();
    putModel(writer, config, dimensions, json(checkpoint.pooling()));
    putTokenizer(
        writer,
        json(checkpoint.tokenizer()),
        text(checkpoint.vocabulary()),
        dimensions.vocabulary());
    try (Arena arena = Arena.ofConfined()) {
      putTensors(writer, SafetensorsFile.map(checkpoint.weights(), arena), dimensions);
      writer.write(gguf);
    }
  }

  private record Dimensions(
      int layers, int width, int inner, int heads, int context, int segments, int vocabulary) {}

  private static Dimensions dimensions(JsonNode config) throws CheckpointException {
    requireText(config, "model_type", "bert", "");
    requireText(config, "hidden_act", "gelu", "gelu");
    requireText(config, "position_embedding_type", "absolute", "absolute");
    Dimensions dimensions =
        new Dimensions(
            count(config, "num_hidden_layers", LAYERS_MAX),
            count(config, "hidden_size", Integer.MAX_VALUE),
            count(config, "intermediate_size", Integer.MAX_VALUE),
            count(config, "num_attention_heads", Integer.MAX_VALUE),
            count(config, "max_position_embeddings", Integer.MAX_VALUE),
            count(config, "type_vocab_size", Integer.MAX_VALUE),
            count(config, "vocab_size", VOCABULARY_MAX));
    if (dimensions.width() % dimensions.heads() != 0) {
      throw new CheckpointException(
          "Expected a hidden_size that num_attention_heads divides, found %d and %d."
              .formatted(dimensions.width(), dimensions.heads()));
    }
    return dimensions;
  }

  private static void putModel(
      GgufWriter writer, JsonNode config, Dimensions dimensions, JsonNode pooling)
      throws CheckpointException {
    JsonNode epsilon = config.path("layer_norm_eps");
    if (!epsilon.isNumber()) {
      throw new CheckpointException(
          "Expected a number as layer_norm_eps, found " + found(epsilon) + ".");
    }
    writer
        .put("general.architecture", "bert")
        .put("general.type", "model")
        .put("general.file_type", MOSTLY_F16)
        .put("bert.block_count", dimensions.layers())
        .put("bert.context_length", dimensions.context())
        .put("bert.embedding_length", dimensions.width())
        .put("bert.feed_forward_length", dimensions.inner())
        .put("bert.attention.head_count", dimensions.heads())
        .put("bert.attention.layer_norm_epsilon", epsilon.floatValue())
        .put("bert.attention.causal", false)
        .put("bert.pooling_type", pooling(pooling));
  }

  /** The number that llama.cpp gives to the one way of pooling that is switched on. */
  private static int pooling(JsonNode config) throws CheckpointException {
    List<String> on = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : config.properties()) {
      if (entry.getKey().startsWith("pooling_mode_") && entry.getValue().asBoolean()) {
        on.add(entry.getKey());
      }
    }
    return switch (String.join(" ", on)) {
      case "pooling_mode_mean_tokens" -> 1;
      case "pooling_mode_cls_token" -> 2;
      default ->
          throw new CheckpointException(
              "Expected pooling by the mean or by the first token, found " + on + ".");
    };
  }

  private static void putTokenizer(
      GgufWriter writer, JsonNode tokenizer, String vocabulary, int vocabularySize)
      throws CheckpointException {
    List<String> pieces = Arrays.asList(vocabulary.split("\n", -1));
    if (pieces.getLast().isEmpty()) {
      pieces = pieces.subList(0, pieces.size() - 1);
    }
    if (pieces.size() != vocabularySize || new HashSet<>(pieces).size() != vocabularySize) {
      throw new CheckpointException(
          "Expected a vocabulary of %d tokens, all different, found %d lines, of which %d differ."
              .formatted(vocabularySize, pieces.size(), new HashSet<>(pieces).size()));
    }
    Map<String, Integer> special = new LinkedHashMap<>();
    for (String role : List.of("cls", "sep", "unk", "pad", "mask")) {
      String token = tokenizer.path(role + "_token").asText();
      int id = pieces.indexOf(token);
      if (id < 0) {
        throw new CheckpointException(
            "Expected a token of the vocabulary as %s_token, found %s."
                .formatted(role, found(tokenizer.path(role + "_token"))));
      }
      special.put(role, id);
    }
    List<String> tokens = new ArrayList<>(pieces.size());
    List<Integer> types = new ArrayList<>(pieces.size());
    for (int id = 0; id < pieces.size(); id++) {
      boolean control = special.containsValue(id);
      tokens.add(control ? pieces.get(id) : phantomSpace(pieces.get(id)));
      types.add(control ? CONTROL_TOKEN : NORMAL_TOKEN);
    }
    boolean lowercase = tokenizer.path("do_lower_case").asBoolean(true);
    writer
        .put("tokenizer.ggml.model", "bert")
        // What llama.cpp's own converter calls it; a WordPiece vocabulary has no other.
        .put("tokenizer.ggml.pre", "jina-v2-en")
        .put("tokenizer.ggml.tokens", new GgufValue.Texts(tokens))
        .put("tokenizer.ggml.token_type", new GgufValue.Int32s(types))
        .put("tokenizer.ggml.bos_token_id", special.get("cls"))
        .put("tokenizer.ggml.eos_token_id", special.get("sep"))
        .put("tokenizer.ggml.unknown_token_id", special.get("unk"))
        // The misspelling is the format's.
        .put("tokenizer.ggml.seperator_token_id", special.get("sep"))
        .put("tokenizer.ggml.padding_token_id", special.get("pad"))
        .put("tokenizer.ggml.cls_token_id", special.get("cls"))
        .put("tokenizer.ggml.mask_token_id", special.get("mask"))
        .put("tokenizer.ggml.normalizer.lowercase", lowercase)
        // Where it is not stated, accents go when capitals do.
        .put(
            "tokenizer.ggml.normalizer.strip_accents",
            tokenizer.path("strip_accents").asBoolean(lowercase));
  }

  /** WordPiece marks what goes on with a word; llama.cpp marks what begins one. */
  private static String phantomSpace(String piece) {
    return piece.startsWith(CONTINUATION)
        ? piece.substring(CONTINUATION.length())
        : WORD_START + piece;
  }

  private static void putTensors(GgufWriter writer, SafetensorsFile weights, Dimensions d)
      throws CheckpointException {
    writer.put("tokenizer.ggml.token_type_count", d.segments());
    Map<String, Wanted> wanted = new LinkedHashMap<>();
    long width = d.width();
    matrix(wanted, "embeddings.word_embeddings", "token_embd", d.vocabulary(), width);
    wanted.put(
        "embeddings.position_embeddings.weight",
        new Wanted("position_embd.weight", TensorType.F32, List.of((long) d.context(), width)));
    wanted.put(
        "embeddings.token_type_embeddings.weight",
        new Wanted("token_types.weight", TensorType.F32, List.of((long) d.segments(), width)));
    norm(wanted, "embeddings.LayerNorm", "token_embd_norm", width);
    for (int layer = 0; layer < d.layers(); layer++) {
      String from = "encoder.layer." + layer + ".";
      String to = "blk." + layer + ".";
      dense(wanted, from + "attention.self.query", to + "attn_q", width, width);
      dense(wanted, from + "attention.self.key", to + "attn_k", width, width);
      dense(wanted, from + "attention.self.value", to + "attn_v", width, width);
      dense(wanted, from + "attention.output.dense", to + "attn_output", width, width);
      norm(wanted, from + "attention.output.LayerNorm", to + "attn_output_norm", width);
      dense(wanted, from + "intermediate.dense", to + "ffn_up", d.inner(), width);
      dense(wanted, from + "output.dense", to + "ffn_down", width, d.inner());
      norm(wanted, from + "output.LayerNorm", to + "layer_output_norm", width);
    }
    requireNothingElse(weights.names(), wanted.keySet());
    for (Map.Entry<String, Wanted> entry : wanted.entrySet()) {
      SafetensorsFile.Tensor tensor =
          weights
              .tensor(entry.getKey())
              .orElseThrow(
                  () -> new CheckpointException("The weights lack " + entry.getKey() + "."));
      put(writer, tensor, entry.getValue());
    }
  }

  /** A tensor of the result, its shape as the checkpoint counts it. */
  private record Wanted(String name, TensorType type, List<Long> shape) {}

  private static void dense(
      Map<String, Wanted> wanted, String from, String to, long rows, long columns) {
    matrix(wanted, from, to, rows, columns);
    wanted.put(from + ".bias", new Wanted(to + ".bias", TensorType.F32, List.of(rows)));
  }

  private static void matrix(
      Map<String, Wanted> wanted, String from, String to, long rows, long columns) {
    wanted.put(
        from + ".weight", new Wanted(to + ".weight", TensorType.F16, List.of(rows, columns)));
  }

  private static void norm(Map<String, Wanted> wanted, String from, String to, long width) {
    wanted.put(from + ".weight", new Wanted(to + ".weight", TensorType.F32, List.of(width)));
    wanted.put(from + ".bias", new Wanted(to + ".bias", TensorType.F32, List.of(width)));
  }

  /** A part of the model that was silently dropped would change its answers. */
  private static void requireNothingElse(Set<String> names, Set<String> wanted)
      throws CheckpointException {
    for (String name : names) {
      if (!wanted.contains(name) && !LEFT_OUT.contains(name)) {
        throw new CheckpointException(
            "Expected the tensors of a BERT encoder, found " + name + " beside them.");
      }
    }
  }

  private static void put(GgufWriter writer, SafetensorsFile.Tensor tensor, Wanted wanted)
      throws CheckpointException {
    if (!tensor.type().equals("F32")) {
      throw new CheckpointException(
          "Tensor " + tensor.name() + ": expected F32, found " + tensor.type() + ".");
    }
    if (!tensor.shape().equals(wanted.shape())) {
      throw new CheckpointException(
          "Tensor %s: expected the shape %s, found %s."
              .formatted(tensor.name(), wanted.shape(), tensor.shape()));
    }
    List<Long> extents = new ArrayList<>(wanted.shape());
    Collections.reverse(extents);
    writer.tensor(wanted.name(), wanted.type(), extents, tensor.bytes());
  }

  private static int count(JsonNode config, String key, int max) throws CheckpointException {
    JsonNode value = config.path(key);
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > max) {
      throw new CheckpointException(
          "Expected a number from 1 to " + max + " as " + key + ", found " + found(value) + ".");
    }
    return value.intValue();
  }

  private static void requireText(JsonNode config, String key, String expected, String fallback)
      throws CheckpointException {
    if (!config.path(key).asText(fallback).equals(expected)) {
      throw new CheckpointException(
          "Expected \"" + expected + "\" as " + key + ", found " + found(config.path(key)) + ".");
    }
  }

  private static String found(JsonNode value) {
    return value.isMissingNode() ? "nothing" : value.toString();
  }

  private static JsonNode json(Path file) throws IOException, CheckpointException {
    try {
      JsonNode parsed = JSON.readTree(text(file));
      if (!parsed.isObject()) {
        throw new CheckpointException("Expected a JSON object in " + file.getFileName() + ".");
      }
      return parsed;
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          file.getFileName() + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String text(Path file) throws IOException, CheckpointException {
    if (Files.size(file) > TEXT_BYTES_MAX) {
      throw new CheckpointException(
          "Expected at most %d bytes in %s, found %d."
              .formatted(TEXT_BYTES_MAX, file.getFileName(), Files.size(file)));
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new CheckpointException(file.getFileName() + " is not UTF-8.", e);
    }
  }
}
