package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A conversation after the chat template was applied, with what is needed to sample the answer and
 * to read it. Immutable, usable from any thread.
 */
public final class ChatPrompt implements AutoCloseable {

  private final long address;
  private final Arena arena = Arena.ofShared();
  private final Lifetime lifetime;
  private final MemorySegment prompt;
  private final int flags;

  ChatPrompt(long address) {
    this.address = address;
    this.lifetime = new Lifetime("the chat prompt", this::free);
    this.flags = ChatCalls.promptFlags(address);
    this.prompt = text(ChatCalls.TEXT_PROMPT);
  }

  private void free() {
    // First no one can reach the text any more, then it goes.
    arena.close();
    ChatCalls.promptFree(address);
  }

  /** The text where llama.cpp wrote it, valid until this prompt is closed. */
  public MemorySegment promptUtf8() {
    requireOpen();
    return prompt;
  }

  /** The length of the text in bytes. */
  public long promptLength() {
    requireOpen();
    return prompt.byteSize();
  }

  public String prompt() {
    requireOpen();
    return string(prompt);
  }

  /** The grammar that the answer follows, in GBNF; empty if it is free. */
  public String grammar() {
    requireOpen();
    return string(text(ChatCalls.TEXT_GRAMMAR));
  }

  /** Whether the grammar begins only where the answer begins a tool call. */
  public boolean grammarLazy() {
    requireOpen();
    return (flags & ChatCalls.FLAG_GRAMMAR_LAZY) != 0;
  }

  /** Whether the template lets the model think before it answers. */
  public boolean supportsThinking() {
    requireOpen();
    return (flags & ChatCalls.FLAG_THINKING) != 0;
  }

  /** Texts that end the answer, besides the model's own end tokens. */
  public List<String> additionalStops() {
    requireOpen();
    List<String> stops = new ArrayList<>();
    String joined = string(text(ChatCalls.TEXT_STOPS));
    for (int from = 0, to; (to = joined.indexOf('\0', from)) >= 0; from = to + 1) {
      stops.add(joined.substring(from, to));
    }
    return List.copyOf(stops);
  }

  /**
   * Whether the answer's text is its content as it stands: no tools, no reasoning, no markers.
   * {@link #parse} would then give back what it was given.
   */
  public boolean plainContent() {
    requireOpen();
    return (flags & ChatCalls.FLAG_PLAIN_CONTENT) != 0;
  }

  /**
   * Reads an answer.
   *
   * @param textUtf8 native memory
   * @param length how many bytes of it are the answer so far
   * @param partial whether more may come
   * @return a JSON object with {@code role}, {@code content}, and where there are any {@code
   *     reasoning_content} and {@code tool_calls} (each with {@code type}, {@code function} of
   *     {@code name} and {@code arguments}, and {@code id} if the model gave one)
   * @throws LlamaException if a complete answer does not have the form its tools or schema ask for
   */
  public byte[] parse(MemorySegment textUtf8, long length, boolean partial) {
    Model.requireNative(textUtf8);
    Objects.checkFromIndexSize(0, length, textUtf8.byteSize());
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ChatCalls.parse(
              address,
              textUtf8,
              length,
              Model.flag(partial),
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the answer could not be read");
      return frame.takeBytes();
    } finally {
      lifetime.exit();
    }
  }

  /** As {@link #parse(MemorySegment, long, boolean)}, with a copy of the text. */
  public byte[] parse(byte[] textUtf8, int length, boolean partial) {
    Objects.checkFromIndexSize(0, length, textUtf8.length);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment copy = call.allocate(Math.max(1, length));
      MemorySegment.copy(textUtf8, 0, copy, JAVA_BYTE, 0, length);
      return parse(copy, length, partial);
    }
  }

  private MemorySegment text(int which) {
    try (CallFrame frame = new CallFrame()) {
      ChatCalls.promptText(address, which, frame.pointer(), frame.number());
      return frame.pointer().get(ValueLayout.ADDRESS, 0).reinterpret(frame.bytes(), arena, null);
    }
  }

  private static String string(MemorySegment utf8) {
    return new String(utf8.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private void requireOpen() {
    if (lifetime.closed()) {
      throw new IllegalStateException("the chat prompt is closed");
    }
  }

  Lifetime lifetime() {
    return lifetime;
  }

  long address() {
    return address;
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
