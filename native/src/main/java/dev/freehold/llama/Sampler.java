package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Chooses tokens for one sequence: llama.cpp's sampler chain, with a grammar if there is one. Owned
 * by one thread. Sampling and accepting allocate nothing on the Java heap.
 */
public final class Sampler implements AutoCloseable {

  private final Model model;
  private final long address;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment message = arena.allocate(CallFrame.MESSAGE_BYTES);
  private final Lifetime lifetime;

  private Sampler(Model model, long address) {
    this.model = model;
    this.address = address;
    this.lifetime = new Lifetime("the sampler", this::free);
  }

  /**
   * A sampler for text that has no chat template.
   *
   * @throws LlamaException if the grammar does not compile or a biased token does not exist
   */
  public static Sampler create(Model model, SamplerOptions options) {
    return create(model, options, 0);
  }

  /**
   * A sampler for the answer to a chat prompt. The prompt's grammar, if it has one, takes the place
   * of the options' grammar, with its triggers and preserved tokens, and stands behind what the
   * template already wrote of the answer.
   */
  public static Sampler create(Model model, SamplerOptions options, ChatPrompt prompt) {
    prompt.lifetime().enter();
    try {
      return create(model, options, prompt.address());
    } finally {
      prompt.lifetime().exit();
    }
  }

  private static Sampler create(Model model, SamplerOptions options, long prompt) {
    Objects.requireNonNull(options, "options");
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      MemorySegment params = params(options, frame.arena());
      int status =
          SamplerCalls.create(model.address(), params, prompt, frame.pointer(), frame.message());
      frame.check(status, "no sampler could be made");
      return new Sampler(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  private static MemorySegment params(SamplerOptions options, SegmentAllocator allocator) {
    MemorySegment params = allocator.allocate(Layouts.SAMPLER_PARAMS);
    set(params, "seed", options.seed() < 0 ? -1 : (int) options.seed());
    set(params, "temperature", options.temperature());
    set(params, "top_k", options.topK());
    set(params, "top_p", options.topP());
    set(params, "min_p", options.minP());
    set(params, "typical_p", options.typicalP());
    set(params, "repeat_penalty", options.repeatPenalty());
    set(params, "frequency_penalty", options.frequencyPenalty());
    set(params, "presence_penalty", options.presencePenalty());
    set(params, "penalty_last_n", options.penaltyLastN());
    for (SamplerNumber number : SamplerNumber.values()) {
      float value = options.numbers().getOrDefault(number, number.absent());
      if (number.isWhole()) {
        set(params, number.field(), (int) value);
      } else {
        set(params, number.field(), value);
      }
    }
    set(params, "ignore_eos", options.ignoreEos() ? 1 : 0);
    byte[] breakers = zeroEnded(options.breakers());
    set(params, "breakers_bytes", breakers.length);
    set(params, "breakers", breakers.length == 0 ? MemorySegment.NULL : bytes(breakers, allocator));
    Map<Integer, Float> biases = options.logitBias();
    set(params, "logit_bias_count", biases.size());
    set(params, "logit_bias", biases.isEmpty() ? MemorySegment.NULL : biases(biases, allocator));
    byte[] grammar = options.grammar().getBytes(StandardCharsets.UTF_8);
    set(params, "grammar_bytes", grammar.length);
    set(params, "grammar", grammar.length == 0 ? MemorySegment.NULL : bytes(grammar, allocator));
    return params;
  }

  private static MemorySegment biases(Map<Integer, Float> biases, SegmentAllocator allocator) {
    MemorySegment array = allocator.allocate(Layouts.LOGIT_BIAS, biases.size());
    long at = 0;
    for (Map.Entry<Integer, Float> bias : biases.entrySet()) {
      MemorySegment entry = array.asSlice(at, Layouts.LOGIT_BIAS);
      entry.set(JAVA_INT, Layouts.offset(Layouts.LOGIT_BIAS, "token"), bias.getKey());
      entry.set(JAVA_FLOAT, Layouts.offset(Layouts.LOGIT_BIAS, "bias"), bias.getValue());
      at += Layouts.LOGIT_BIAS.byteSize();
    }
    return array;
  }

  private static byte[] zeroEnded(List<String> texts) {
    StringBuilder joined = new StringBuilder();
    texts.forEach(text -> joined.append(text).append('\0'));
    return joined.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static MemorySegment bytes(byte[] bytes, SegmentAllocator allocator) {
    return allocator.allocateFrom(JAVA_BYTE, bytes);
  }

  private static void set(MemorySegment params, String field, int value) {
    params.set(JAVA_INT, Layouts.offset(Layouts.SAMPLER_PARAMS, field), value);
  }

  private static void set(MemorySegment params, String field, float value) {
    params.set(JAVA_FLOAT, Layouts.offset(Layouts.SAMPLER_PARAMS, field), value);
  }

  private static void set(MemorySegment params, String field, MemorySegment value) {
    params.set(ADDRESS, Layouts.offset(Layouts.SAMPLER_PARAMS, field), value);
  }

  private void free() {
    SamplerCalls.free(address);
    arena.close();
    model.lifetime().exit();
  }

  /**
   * Chooses a token from an output of the context's last batch, without taking it: a token that is
   * kept is then accepted.
   *
   * @param batchIndex what {@link Batch#add} returned for the output
   * @throws LlamaException if that entry asked for no output, or a token was refused before
   */
  public int sample(Context context, int batchIndex) {
    lifetime.enter();
    try {
      context.lifetime().enter();
      try {
        int token = SamplerCalls.sample(address, context.address(), batchIndex, message);
        if (token < 0) {
          throw CallFrame.failure("no token could be sampled", message);
        }
        return token;
      } finally {
        context.lifetime().exit();
      }
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Takes a token into the sampler's history and moves its grammar on.
   *
   * @throws LlamaException if the grammar forbids the token here, or would go on too widely, as
   *     {@link LlamaException#reason} tells; the sampler then refuses everything until {@link
   *     #reset}
   */
  public void accept(int token) {
    lifetime.enter();
    try {
      check(SamplerCalls.accept(address, token, message), "the token could not be accepted");
    } finally {
      lifetime.exit();
    }
  }

  /** Puts the sampler back to where it was made: history, grammar and random numbers. */
  public void reset() {
    lifetime.enter();
    try {
      check(SamplerCalls.reset(address, message), "the sampler could not be reset");
    } finally {
      lifetime.exit();
    }
  }

  private void check(int status, String doing) {
    if (status < 0) {
      throw CallFrame.failure(status, doing, message);
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
