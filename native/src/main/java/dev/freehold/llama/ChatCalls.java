package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of chat templates, applied prompts and JSON schemas. */
final class ChatCalls {

  static final int TEXT_PROMPT = 0;
  static final int TEXT_GRAMMAR = 1;
  static final int TEXT_STOPS = 3;

  static final int FLAG_GRAMMAR_LAZY = 1;
  static final int FLAG_PLAIN_CONTENT = 2;
  static final int FLAG_THINKING = 4;

  private static final MethodHandle FREEHOLD_CHAT_TEMPLATES_CREATE =
      NativeLibrary.bind(
          "freehold_chat_templates_create",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CHAT_TEMPLATES_FREE =
      NativeLibrary.bind("freehold_chat_templates_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_CHAT_APPLY =
      NativeLibrary.bind(
          "freehold_chat_apply",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CHAT_PROMPT_FREE =
      NativeLibrary.bind("freehold_chat_prompt_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_CHAT_PROMPT_TEXT =
      NativeLibrary.bind(
          "freehold_chat_prompt_text",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CHAT_PROMPT_FLAGS =
      NativeLibrary.bind("freehold_chat_prompt_flags", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle FREEHOLD_CHAT_PARSE =
      NativeLibrary.bind(
          "freehold_chat_parse",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_SCHEMA_TO_GRAMMAR =
      NativeLibrary.bind(
          "freehold_schema_to_grammar",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));

  private ChatCalls() {}

  static int templatesCreate(
      long model,
      MemorySegment template,
      long templateBytes,
      MemorySegment templates,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_CHAT_TEMPLATES_CREATE.invokeExact(
              model, template, templateBytes, templates, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void templatesFree(long templates) {
    try {
      FREEHOLD_CHAT_TEMPLATES_FREE.invokeExact(templates);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int apply(
      long templates,
      MemorySegment request,
      long bytes,
      MemorySegment prompt,
      MemorySegment message) {
    try {
      return (int) FREEHOLD_CHAT_APPLY.invokeExact(templates, request, bytes, prompt, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void promptFree(long prompt) {
    try {
      FREEHOLD_CHAT_PROMPT_FREE.invokeExact(prompt);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int promptText(long prompt, int which, MemorySegment text, MemorySegment bytes) {
    try {
      return (int) FREEHOLD_CHAT_PROMPT_TEXT.invokeExact(prompt, which, text, bytes);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int promptFlags(long prompt) {
    try {
      return (int) FREEHOLD_CHAT_PROMPT_FLAGS.invokeExact(prompt);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int parse(
      long prompt,
      MemorySegment text,
      long bytes,
      int partial,
      MemorySegment json,
      MemorySegment jsonBytes,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_CHAT_PARSE.invokeExact(prompt, text, bytes, partial, json, jsonBytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int schemaToGrammar(
      MemorySegment schema,
      long bytes,
      MemorySegment grammar,
      MemorySegment grammarBytes,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_SCHEMA_TO_GRAMMAR.invokeExact(schema, bytes, grammar, grammarBytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
