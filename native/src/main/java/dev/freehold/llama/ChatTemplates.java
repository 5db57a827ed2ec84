package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A model's chat template, with the parser and the grammars that llama.cpp derives from it.
 * Immutable, usable from any thread.
 */
public final class ChatTemplates implements AutoCloseable {

  private final Model model;
  private final long address;
  private final Lifetime lifetime;

  private ChatTemplates(Model model, long address) {
    this.model = model;
    this.address = address;
    this.lifetime = new Lifetime("the chat template", this::free);
  }

  /** The model's own template, or ChatML if it has none. */
  public static ChatTemplates of(Model model) {
    return create(model, null);
  }

  /**
   * Another template (Jinja) in place of the model's own.
   *
   * @throws LlamaException if it does not parse
   */
  public static ChatTemplates of(Model model, String template) {
    return create(model, template);
  }

  private static ChatTemplates create(Model model, String template) {
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      byte[] own = template == null ? new byte[0] : template.getBytes(StandardCharsets.UTF_8);
      MemorySegment text =
          template == null ? MemorySegment.NULL : frame.arena().allocateFrom(JAVA_BYTE, own);
      int status =
          ChatCalls.templatesCreate(
              model.address(), text, own.length, frame.pointer(), frame.message());
      frame.check(status, "the chat template cannot be used");
      return new ChatTemplates(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  private void free() {
    ChatCalls.templatesFree(address);
    model.lifetime().exit();
  }

  /**
   * Writes a conversation as the model wants to read it.
   *
   * @param requestJson UTF-8 of an object with {@code messages} (OpenAI's form), and optionally
   *     {@code tools}, {@code tool_choice} ({@code auto}, {@code none}, {@code required}), {@code
   *     parallel_tool_calls}, {@code json_schema} or {@code grammar}, {@code
   *     add_generation_prompt}, {@code enable_thinking}, {@code reasoning_format} ({@code auto},
   *     {@code none}, {@code deepseek}) and {@code chat_template_kwargs}
   * @throws LlamaException if the request is malformed or the template does not accept it
   */
  public ChatPrompt apply(byte[] requestJson) {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      MemorySegment request = frame.arena().allocateFrom(JAVA_BYTE, requestJson);
      int status =
          ChatCalls.apply(address, request, requestJson.length, frame.pointer(), frame.message());
      frame.check(status, "the chat template was not applied");
      return new ChatPrompt(frame.address());
    } finally {
      lifetime.exit();
    }
  }

  /**
   * A GBNF grammar whose texts are the JSON values that a schema describes.
   *
   * @throws LlamaException if the schema is not JSON or uses what no grammar can express
   */
  public static String schemaToGrammar(String jsonSchema) {
    Llama.load();
    byte[] schema = jsonSchema.getBytes(StandardCharsets.UTF_8);
    try (CallFrame frame = new CallFrame()) {
      int status =
          ChatCalls.schemaToGrammar(
              frame.arena().allocateFrom(JAVA_BYTE, schema),
              schema.length,
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the JSON schema cannot be used");
      return frame.takeString();
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
