package dev.freehold.models;

import dev.freehold.models.gguf.GgufMetadata;
import dev.freehold.models.gguf.GgufValue;
import dev.freehold.models.gguf.GgufWriter;
import dev.freehold.models.gguf.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Models of a few hundred kilobytes, for tests of shape where no real model can be had. Their
 * weights are random, so what they say means nothing, but it is the same on every machine: each
 * tensor's numbers come from a fixed seed and the tensor's name.
 */
public final class TinyModels {

  private static final long SEED = 20260103;

  /** Longer than any text of a test. */
  private static final int CHAT_CONTEXT = 2048;

  private static final int CHAT_WIDTH = 64;
  private static final int CHAT_INNER = 128;
  private static final int CHAT_LAYERS = 2;
  private static final int CHAT_HEADS = 4;

  /** The first tokens of a real vocabulary: its special tokens, its bytes, its first merges. */
  private static final int CHAT_VOCABULARY = 2048;

  /** SmolLM2-135M's own dimensions, which an adapter for it must match. */
  private static final int SMALL_WIDTH = 576;

  private static final int SMALL_INNER = 1536;
  private static final int SMALL_LAYERS = 30;

  private static final int ADAPTER_RANK = 4;

  private static final int BERT_CONTEXT = 512;
  private static final int BERT_WIDTH = 32;
  private static final int BERT_INNER = 64;
  private static final int BERT_LAYERS = 2;
  private static final int POOLING_MEAN = 1;
  private static final int POOLING_RANK = 4;

  private static final int IMAGE_PIXELS = 32;
  private static final int PATCH_PIXELS = 8;
  private static final int VISION_WIDTH = 32;
  private static final int VISION_INNER = 64;

  /** The last layer is not computed: LLaVA takes what enters it. */
  private static final int VISION_LAYERS = 2;

  private static final Set<String> MARKS = Set.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private final Path folder;
  private final long seed;

  private TinyModels(Path folder, long seed) {
    this.folder = folder;
    this.seed = seed;
  }

  /** Models that are written into a folder. */
  public static TinyModels in(Path folder) {
    return new TinyModels(folder, SEED);
  }

  /** The same shapes with other weights. */
  public TinyModels seeded(long other) {
    return new TinyModels(folder, other);
  }

  /**
   * Writes a llama model of two layers with the chat template and the first 2048 tokens of
   * SmolLM2's vocabulary. It answers with random tokens.
   */
  public Path chat() {
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("general.name", "Tiny chat model")
            .put("llama.block_count", CHAT_LAYERS)
            .put("llama.context_length", CHAT_CONTEXT)
            .put("llama.embedding_length", CHAT_WIDTH)
            .put("llama.feed_forward_length", CHAT_INNER)
            .put("llama.attention.head_count", CHAT_HEADS)
            .put("llama.attention.head_count_kv", CHAT_HEADS / 2)
            .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .put("llama.rope.dimension_count", CHAT_WIDTH / CHAT_HEADS)
            .put("llama.vocab_size", CHAT_VOCABULARY);
    putChatVocabulary(writer);
    matrix(writer, "token_embd", CHAT_WIDTH, CHAT_VOCABULARY);
    matrix(writer, "output", CHAT_WIDTH, CHAT_VOCABULARY);
    ones(writer, "output_norm.weight", CHAT_WIDTH);
    for (int layer = 0; layer < CHAT_LAYERS; layer++) {
      String block = "blk." + layer + ".";
      ones(writer, block + "attn_norm.weight", CHAT_WIDTH);
      matrix(writer, block + "attn_q", CHAT_WIDTH, CHAT_WIDTH);
      matrix(writer, block + "attn_k", CHAT_WIDTH, CHAT_WIDTH / 2);
      matrix(writer, block + "attn_v", CHAT_WIDTH, CHAT_WIDTH / 2);
      matrix(writer, block + "attn_output", CHAT_WIDTH, CHAT_WIDTH);
      ones(writer, block + "ffn_norm.weight", CHAT_WIDTH);
      matrix(writer, block + "ffn_gate", CHAT_WIDTH, CHAT_INNER);
      matrix(writer, block + "ffn_up", CHAT_WIDTH, CHAT_INNER);
      matrix(writer, block + "ffn_down", CHAT_INNER, CHAT_WIDTH);
    }
    return write(writer, "tiny-chat");
  }

  /** Writes a BERT encoder with mean pooling: embeddings of 32 numbers. */
  public Path embedding() {
    return write(bert(POOLING_MEAN), "tiny-embedding");
  }

  /** Writes a BERT encoder that gives a query and a document one score, as rerankers do. */
  public Path reranker() {
    GgufWriter writer = bert(POOLING_RANK);
    dense(writer, "cls", BERT_WIDTH, BERT_WIDTH);
    dense(writer, "cls.output", BERT_WIDTH, 1);
    return write(writer, "tiny-reranker");
  }

  /** Writes a LoRA adapter that changes what {@link #chat()} says. */
  public Path chatAdapter() {
    return adapter("tiny-chat-adapter", CHAT_LAYERS, CHAT_WIDTH, CHAT_INNER);
  }

  /** Writes a LoRA adapter that changes what {@link TestModels#small()} says. */
  public Path smallAdapter() {
    return adapter("tiny-small-adapter", SMALL_LAYERS, SMALL_WIDTH, SMALL_INNER);
  }

  /**
   * Writes a LLaVA projector for {@link #chat()}: 16 patches of an image of 32 by 32 pixels become
   * 16 tokens' worth of embeddings.
   */
  public Path projector() {
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", "clip")
            .put("clip.has_vision_encoder", true)
            .put("clip.projector_type", "mlp")
            .put("clip.use_gelu", true)
            .put("clip.vision.image_size", IMAGE_PIXELS)
            .put("clip.vision.patch_size", PATCH_PIXELS)
            .put("clip.vision.embedding_length", VISION_WIDTH)
            .put("clip.vision.feed_forward_length", VISION_INNER)
            .put("clip.vision.projection_dim", CHAT_WIDTH)
            .put("clip.vision.block_count", VISION_LAYERS)
            .put("clip.vision.attention.head_count", 2)
            .put("clip.vision.attention.layer_norm_epsilon", 1e-5f)
            .put("clip.vision.image_mean", new GgufValue.Float32s(List.of(0.5f, 0.5f, 0.5f)))
            .put("clip.vision.image_std", new GgufValue.Float32s(List.of(0.5f, 0.5f, 0.5f)));
    int patches = (IMAGE_PIXELS / PATCH_PIXELS) * (IMAGE_PIXELS / PATCH_PIXELS);
    random(
        writer, "v.patch_embd.weight", TensorType.F16, PATCH_PIXELS, PATCH_PIXELS, 3, VISION_WIDTH);
    random(writer, "v.position_embd.weight", TensorType.F32, VISION_WIDTH, patches);
    for (int layer = 0; layer < VISION_LAYERS; layer++) {
      String block = "v.blk." + layer + ".";
      norm(writer, block + "ln1", VISION_WIDTH);
      dense(writer, block + "attn_q", VISION_WIDTH, VISION_WIDTH);
      dense(writer, block + "attn_k", VISION_WIDTH, VISION_WIDTH);
      dense(writer, block + "attn_v", VISION_WIDTH, VISION_WIDTH);
      dense(writer, block + "attn_out", VISION_WIDTH, VISION_WIDTH);
      norm(writer, block + "ln2", VISION_WIDTH);
      dense(writer, block + "ffn_up", VISION_WIDTH, VISION_INNER);
      dense(writer, block + "ffn_down", VISION_INNER, VISION_WIDTH);
    }
    dense(writer, "mm.0", VISION_WIDTH, CHAT_WIDTH);
    dense(writer, "mm.2", CHAT_WIDTH, CHAT_WIDTH);
    return write(writer, "tiny-projector");
  }

  private static void putChatVocabulary(GgufWriter writer) {
    Map<String, GgufValue> real = metadata(TestModels.small());
    List<String> tokens = texts(real, "tokenizer.ggml.tokens").subList(0, CHAT_VOCABULARY);
    Set<String> kept = Set.copyOf(tokens);
    List<Integer> types = ((GgufValue.Int32s) real.get("tokenizer.ggml.token_type")).numbers();
    List<String> merges =
        texts(real, "tokenizer.ggml.merges").stream()
            .filter(merge -> kept.contains(merge.replace(" ", "")))
            .toList();
    writer
        .put("tokenizer.ggml.tokens", new GgufValue.Texts(tokens))
        .put("tokenizer.ggml.token_type", new GgufValue.Int32s(types.subList(0, CHAT_VOCABULARY)))
        .put("tokenizer.ggml.merges", new GgufValue.Texts(merges));
    for (String key :
        List.of(
            "tokenizer.ggml.model",
            "tokenizer.ggml.pre",
            "tokenizer.ggml.add_space_prefix",
            "tokenizer.ggml.add_bos_token",
            "tokenizer.ggml.bos_token_id",
            "tokenizer.ggml.eos_token_id",
            "tokenizer.ggml.unknown_token_id",
            "tokenizer.ggml.padding_token_id",
            "tokenizer.chat_template")) {
      writer.put(key, real.get(key));
    }
  }

  private GgufWriter bert(int pooling) {
    List<String> tokens = bertVocabulary();
    List<Integer> types = tokens.stream().map(token -> MARKS.contains(token) ? 3 : 1).toList();
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", "bert")
            .put("general.name", "Tiny BERT")
            .put("bert.block_count", BERT_LAYERS)
            .put("bert.context_length", BERT_CONTEXT)
            .put("bert.embedding_length", BERT_WIDTH)
            .put("bert.feed_forward_length", BERT_INNER)
            .put("bert.attention.head_count", 2)
            .put("bert.attention.layer_norm_epsilon", 1e-12f)
            .put("bert.attention.causal", false)
            .put("bert.pooling_type", pooling)
            .put("tokenizer.ggml.model", "bert")
            .put("tokenizer.ggml.pre", "jina-v2-en")
            .put("tokenizer.ggml.token_type_count", 2)
            .put("tokenizer.ggml.tokens", new GgufValue.Texts(tokens))
            .put("tokenizer.ggml.token_type", new GgufValue.Int32s(types))
            .put("tokenizer.ggml.padding_token_id", tokens.indexOf("[PAD]"))
            .put("tokenizer.ggml.unknown_token_id", tokens.indexOf("[UNK]"))
            .put("tokenizer.ggml.bos_token_id", tokens.indexOf("[CLS]"))
            .put("tokenizer.ggml.cls_token_id", tokens.indexOf("[CLS]"))
            .put("tokenizer.ggml.eos_token_id", tokens.indexOf("[SEP]"))
            .put("tokenizer.ggml.seperator_token_id", tokens.indexOf("[SEP]"))
            .put("tokenizer.ggml.mask_token_id", tokens.indexOf("[MASK]"));
    matrix(writer, "token_embd", BERT_WIDTH, tokens.size());
    random(writer, "position_embd.weight", TensorType.F32, BERT_WIDTH, BERT_CONTEXT);
    random(writer, "token_types.weight", TensorType.F32, BERT_WIDTH, 2);
    norm(writer, "token_embd_norm", BERT_WIDTH);
    for (int layer = 0; layer < BERT_LAYERS; layer++) {
      String block = "blk." + layer + ".";
      dense(writer, block + "attn_q", BERT_WIDTH, BERT_WIDTH);
      dense(writer, block + "attn_k", BERT_WIDTH, BERT_WIDTH);
      dense(writer, block + "attn_v", BERT_WIDTH, BERT_WIDTH);
      dense(writer, block + "attn_output", BERT_WIDTH, BERT_WIDTH);
      norm(writer, block + "attn_output_norm", BERT_WIDTH);
      dense(writer, block + "ffn_up", BERT_WIDTH, BERT_INNER);
      dense(writer, block + "ffn_down", BERT_INNER, BERT_WIDTH);
      norm(writer, block + "layer_output_norm", BERT_WIDTH);
    }
    return writer;
  }

  /** A token for each printable ASCII character, beginning a word and going on with one. */
  private static List<String> bertVocabulary() {
    List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (char c = '!'; c <= '~'; c++) {
      // Capitals never arrive: the tokenizer makes them small.
      if (!Character.isUpperCase(c)) {
        tokens.add("\u2581" + c);
        tokens.add(String.valueOf(c));
      }
    }
    return tokens;
  }

  private Path adapter(String name, int layers, int width, int inner) {
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("general.type", "adapter")
            .put("adapter.type", "lora")
            // Well above the rank, so that nobody can overlook the change.
            .put("adapter.lora.alpha", 8f * ADAPTER_RANK);
    for (int layer = 0; layer < layers; layer++) {
      String product = "blk." + layer + ".ffn_down.weight";
      random(writer, product + ".lora_a", TensorType.F32, inner, ADAPTER_RANK);
      random(writer, product + ".lora_b", TensorType.F32, ADAPTER_RANK, width);
    }
    return write(writer, name);
  }

  private void dense(GgufWriter writer, String name, long in, long out) {
    matrix(writer, name, in, out);
    random(writer, name + ".bias", TensorType.F32, out);
  }

  private void matrix(GgufWriter writer, String name, long in, long out) {
    random(writer, name + ".weight", TensorType.F16, in, out);
  }

  private void norm(GgufWriter writer, String name, long width) {
    ones(writer, name + ".weight", width);
    random(writer, name + ".bias", TensorType.F32, width);
  }

  private static void ones(GgufWriter writer, String name, long width) {
    MemorySegment numbers = MemorySegment.ofArray(new byte[(int) width * Float.BYTES]);
    for (long i = 0; i < width; i++) {
      numbers.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES, 1f);
    }
    writer.tensor(name, TensorType.F32, List.of(width), numbers);
  }

  /** Numbers such that a product keeps about the size of what enters it. */
  private void random(GgufWriter writer, String name, TensorType type, long... extents) {
    Random random = new Random(seed + name.hashCode());
    int count = Math.toIntExact(LongStream.of(extents).reduce(1, Math::multiplyExact));
    float bound = (float) Math.sqrt(3.0 / extents[0]);
    MemorySegment numbers = MemorySegment.ofArray(new byte[count * Float.BYTES]);
    for (int i = 0; i < count; i++) {
      float number = (2 * random.nextFloat() - 1) * bound;
      numbers.set(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) i * Float.BYTES, number);
    }
    writer.tensor(name, type, LongStream.of(extents).boxed().toList(), numbers);
  }

  private Path write(GgufWriter writer, String name) {
    // Models of several seeds may share a folder.
    Path file = folder.resolve(name + "-" + seed + ".gguf");
    try {
      writer.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private static Map<String, GgufValue> metadata(Path model) {
    try {
      return GgufMetadata.read(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(Map<String, GgufValue> metadata, String key) {
    return ((GgufValue.Texts) metadata.get(key)).texts();
  }
}
