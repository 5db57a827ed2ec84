package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Run in a JVM of its own: hands llama.cpp memory that ends where an unreadable page begins, so
 * that one byte read or written too far ends the process.
 */
final class GuardPageProbe {

  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = isMac() ? 0x1002 : 0x22;

  private GuardPageProbe() {}

  public static void main(String[] arguments) throws Throwable {
    MemorySegment page = pageBeforeAGuard();
    if (arguments.length > 0 && arguments[0].equals("overrun")) {
      // Shows that the guard guards: this must not come back.
      MemorySegment beyond = page.reinterpret(page.byteSize() + 1);
      System.out.println("read beyond the guard: " + beyond.get(JAVA_BYTE, page.byteSize()));
      return;
    }
    Model model = Models.shared();
    tokenizeFlush(model, page);
    writePiecesFlush(model, page);
    parseFlush(model, page);
    System.out.println("guarded");
  }

  private static void tokenizeFlush(Model model, MemorySegment page) {
    for (String text :
        new String[] {"", "a", "Grüezi, wie gaht's?", "日本語 🙂", "<|im_end|>", "  \n"}) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      MemorySegment flush = page.asSlice(page.byteSize() - utf8.length);
      MemorySegment.copy(utf8, 0, flush, JAVA_BYTE, 0, utf8.length);
      try (TokenBuffer tokens = model.tokenize(flush, utf8.length, false, true);
          TokenBuffer expected = model.tokenize(text, false, true)) {
        if (!Arrays.equals(ints(tokens), ints(expected))) {
          throw new AssertionError("other tokens beside the guard page for: " + text);
        }
      }
    }
  }

  private static void writePiecesFlush(Model model, MemorySegment page) {
    for (int token = 0; token < model.vocabularySize(); token += 7) {
      int bytes = model.piece(token, page, true);
      if (model.piece(token, page.asSlice(page.byteSize() - bytes), true) != bytes) {
        throw new AssertionError("token " + token + " has two lengths");
      }
      if (bytes > 0) {
        refusesOneByteLess(model, token, page.asSlice(page.byteSize() - bytes + 1));
      }
    }
  }

  private static void refusesOneByteLess(Model model, int token, MemorySegment tooSmall) {
    try {
      model.piece(token, tooSmall, true);
      throw new AssertionError("token " + token + " was written into too few bytes");
    } catch (IllegalArgumentException expected) {
      if (!expected.getMessage().contains("needs")) {
        throw expected;
      }
    }
  }

  private static void parseFlush(Model model, MemorySegment page) {
    byte[] request =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".getBytes(StandardCharsets.UTF_8);
    byte[] answer = "Hello {\"a\": [1, 2".getBytes(StandardCharsets.UTF_8);
    try (ChatTemplates templates = ChatTemplates.of(model);
        ChatPrompt prompt = templates.apply(request)) {
      MemorySegment flush = page.asSlice(page.byteSize() - answer.length);
      MemorySegment.copy(answer, 0, flush, JAVA_BYTE, 0, answer.length);
      prompt.parse(flush, answer.length, true);
    }
  }

  private static int[] ints(TokenBuffer tokens) {
    return tokens.segment().toArray(JAVA_INT);
  }

  private static MemorySegment pageBeforeAGuard() throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle mmap =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    MethodHandle mprotect =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mprotect"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    long page = 1 << 16; // a multiple of every page size there is
    MemorySegment both =
        (MemorySegment)
            mmap.invokeExact(
                MemorySegment.NULL, 2 * page, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
    if (both.address() == -1) {
      throw new AssertionError("mmap failed");
    }
    MemorySegment guard = MemorySegment.ofAddress(both.address() + page);
    if ((int) mprotect.invokeExact(guard, page, PROT_NONE) != 0) {
      throw new AssertionError("mprotect failed");
    }
    return both.reinterpret(page);
  }

  private static boolean isMac() {
    return System.getProperty("os.name").startsWith("Mac");
  }
}
