package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A loaded model and its vocabulary. Immutable, usable from any thread. Contexts, samplers and chat
 * templates made of it keep its memory until they are closed, even if it is closed first.
 */
public final class Model implements AutoCloseable {

  /** The longest text of one token, with room to spare: what {@link #piece} needs at most. */
  public static final int PIECE_BYTES_MAX = 1024;

  private final long address;
  private final Lifetime lifetime;
  private final int vocabularySize;

  private Model(long address) {
    this.address = address;
    this.lifetime = new Lifetime("the model", () -> ModelCalls.free(address));
    this.vocabularySize = ModelCalls.vocabularySize(address);
  }

  /**
   * Loads a GGUF file. Loads the library first if that has not been done.
   *
   * @throws LlamaException if the file is missing, is no GGUF, is truncated or corrupt, or if
   *     llama.cpp does not know its architecture
   */
  public static Model load(Path gguf, ModelOptions options) {
    Objects.requireNonNull(options, "options");
    Llama.load();
    if (!Files.exists(gguf)) {
      throw new LlamaException("model %s cannot be loaded: there is no such file".formatted(gguf));
    }
    try (CallFrame frame = new CallFrame()) {
      MemorySegment path = frame.arena().allocateFrom(gguf.toString());
      int status =
          ModelCalls.load(
              path,
              options.gpuLayers(),
              flag(options.mmap()),
              flag(options.checkTensors()),
              frame.pointer(),
              frame.message());
      frame.check(status, "model %s cannot be loaded".formatted(gguf));
      return new Model(frame.address());
    }
  }

  /** Architecture, size and quantisation in a few words. */
  public String description() {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ModelCalls.description(address, frame.pointer(), frame.number(), frame.message());
      frame.check(status, "the model's description cannot be read");
      return frame.takeString();
    } finally {
      lifetime.exit();
    }
  }

  /** The size of all weights in bytes. */
  public long sizeBytes() {
    lifetime.enter();
    try {
      return ModelCalls.sizeBytes(address);
    } finally {
      lifetime.exit();
    }
  }

  public long parameterCount() {
    lifetime.enter();
    try {
      return ModelCalls.parameterCount(address);
    } finally {
      lifetime.exit();
    }
  }

  /** The longest context, in tokens, that the model was trained for. */
  public int trainedContextLength() {
    lifetime.enter();
    try {
      return ModelCalls.trainedContext(address);
    } finally {
      lifetime.exit();
    }
  }

  public int vocabularySize() {
    lifetime.enter();
    lifetime.exit();
    return vocabularySize;
  }

  /** Whether a number is one of the vocabulary's tokens. */
  public boolean hasToken(int token) {
    return token >= 0 && token < vocabularySize();
  }

  /**
   * A value of the file's metadata as text; empty if it has no such key or the value is an array.
   */
  public Optional<String> metadata(String key) {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ModelCalls.metadata(
              address,
              frame.arena().allocateFrom(key),
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the model's metadata cannot be read");
      return Optional.ofNullable(frame.takeString());
    } finally {
      lifetime.exit();
    }
  }

  public boolean hasChatTemplate() {
    lifetime.enter();
    try {
      return ModelCalls.hasChatTemplate(address) != 0;
    } finally {
      lifetime.exit();
    }
  }

  /** The tokens with which the model was taught to fill gaps; empty if it was not. */
  public Optional<InfillMarks> infillMarks() {
    lifetime.enter();
    try {
      int before = ModelCalls.infillMark(address, ModelCalls.INFILL_BEFORE);
      int after = ModelCalls.infillMark(address, ModelCalls.INFILL_AFTER);
      int gap = ModelCalls.infillMark(address, ModelCalls.INFILL_GAP);
      if (before < 0 || after < 0 || gap < 0) {
        return Optional.empty();
      }
      return Optional.of(
          new InfillMarks(
              before,
              after,
              gap,
              optional(ModelCalls.infillMark(address, ModelCalls.INFILL_REPOSITORY)),
              optional(ModelCalls.infillMark(address, ModelCalls.INFILL_FILE))));
    } finally {
      lifetime.exit();
    }
  }

  private static OptionalInt optional(int token) {
    return token < 0 ? OptionalInt.empty() : OptionalInt.of(token);
  }

  /** Whether a model that produces this token has finished its answer. Allocates nothing. */
  public boolean isEndOfGeneration(int token) {
    lifetime.enter();
    try {
      return ModelCalls.endsGeneration(address, token) != 0;
    } finally {
      lifetime.exit();
    }
  }

  /** The token that begins a text; -1 if the vocabulary has none. */
  public int bosToken() {
    lifetime.enter();
    try {
      return ModelCalls.bos(address);
    } finally {
      lifetime.exit();
    }
  }

  /** The token that ends a text; -1 if the vocabulary has none. */
  public int eosToken() {
    lifetime.enter();
    try {
      return ModelCalls.eos(address);
    } finally {
      lifetime.exit();
    }
  }

  /** The token that stands between two texts; -1 if the vocabulary has none. */
  public int sepToken() {
    lifetime.enter();
    try {
      return ModelCalls.sep(address);
    } finally {
      lifetime.exit();
    }
  }

  /** Whether the vocabulary puts its begin token before a text. */
  public boolean addsBos() {
    return adds(ModelCalls.ADDS_BOS);
  }

  /** Whether the vocabulary puts its end token after a text. */
  public boolean addsEos() {
    return adds(ModelCalls.ADDS_EOS);
  }

  /** Whether the vocabulary puts its separator between two texts. */
  public boolean addsSep() {
    return adds(ModelCalls.ADDS_SEP);
  }

  private boolean adds(int kind) {
    lifetime.enter();
    try {
      return (ModelCalls.addedTokens(address) & kind) != 0;
    } finally {
      lifetime.exit();
    }
  }

  /** What the model's file says that it is for; {@link Pooling#NONE} for a model of text. */
  public Pooling pooling() {
    lifetime.enter();
    try {
      return Pooling.of(ModelCalls.pooling(address));
    } finally {
      lifetime.exit();
    }
  }

  /** How many floats a vector of a pooled context has. */
  public int embeddingLength() {
    lifetime.enter();
    try {
      return ModelCalls.embeddingLength(address);
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Tokenises UTF-8 where it lies.
   *
   * @param utf8 native memory; the text need not end in a zero
   * @param byteLength how many bytes of it are the text
   * @param addSpecial whether the vocabulary's own begin and end tokens are added
   * @param parseSpecial whether the text of a control token becomes that token
   * @return native tokens that the caller closes
   */
  public TokenBuffer tokenize(
      MemorySegment utf8, long byteLength, boolean addSpecial, boolean parseSpecial) {
    requireNative(utf8);
    Objects.checkFromIndexSize(0, byteLength, utf8.byteSize());
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ModelCalls.tokenize(
              address,
              utf8,
              byteLength,
              flag(addSpecial),
              flag(parseSpecial),
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the text cannot be tokenised");
      return TokenBuffer.adopt(frame.address(), frame.count());
    } finally {
      lifetime.exit();
    }
  }

  /** As {@link #tokenize(MemorySegment, long, boolean, boolean)}, with a copy of the text. */
  public TokenBuffer tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    try (CallFrame frame = new CallFrame()) {
      MemorySegment copy = frame.arena().allocate(Math.max(1, utf8.length));
      MemorySegment.copy(utf8, 0, copy, JAVA_BYTE, 0, utf8.length);
      return tokenize(copy, utf8.length, addSpecial, parseSpecial);
    }
  }

  /**
   * Writes a token's text as UTF-8, which may begin or end inside a character. Allocates nothing.
   *
   * @param into native memory
   * @param special whether a control token has a text
   * @return the number of bytes written
   * @throws IllegalArgumentException if the token is not in the vocabulary or the text does not
   *     fit; nothing is written then
   */
  public int piece(int token, MemorySegment into, boolean special) {
    lifetime.enter();
    int written;
    try {
      int capacity = (int) Math.min(into.byteSize(), Integer.MAX_VALUE);
      written = ModelCalls.piece(address, token, into, capacity, flag(special));
    } finally {
      lifetime.exit();
    }
    if (written < 0) {
      throw pieceFailure(token, written, into.byteSize());
    }
    return written;
  }

  private IllegalArgumentException pieceFailure(int token, int written, long capacity) {
    if (written == ModelCalls.NO_SUCH_TOKEN) {
      return new IllegalArgumentException(
          "token %d is not in the vocabulary, which ends at %d"
              .formatted(token, vocabularySize - 1));
    }
    return new IllegalArgumentException(
        "token %d needs %d bytes, the buffer has %d".formatted(token, -written, capacity));
  }

  /** The text of tokens, control tokens included. Bytes that are no UTF-8 become U+FFFD. */
  public String detokenize(TokenBuffer tokens) {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ModelCalls.detokenize(
              address,
              tokens.segment(),
              tokens.size(),
              1,
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the tokens have no text");
      return frame.takeString();
    } finally {
      lifetime.exit();
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }

  /** For objects that depend on this one: they enter it as long as they live. */
  Lifetime lifetime() {
    return lifetime;
  }

  long address() {
    return address;
  }

  static int flag(boolean on) {
    return on ? 1 : 0;
  }

  static void requireNative(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("expected native memory, found a heap segment");
    }
  }
}
