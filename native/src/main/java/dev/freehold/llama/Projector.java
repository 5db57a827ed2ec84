package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What lets a model see: a second GGUF file (an "mmproj") whose network turns an image into
 * embeddings of the model's own width. Prompts may be tokenised from any thread; {@link #encode}
 * belongs to one thread at a time.
 */
public final class Projector implements AutoCloseable {

  private final Model model;
  private final long address;
  private final Lifetime lifetime;
  private final int width;
  private final boolean nonCausal;

  private Projector(Model model, long address) {
    this.model = model;
    this.address = address;
    this.lifetime = new Lifetime("the projector", this::free);
    this.width = VisionCalls.width(address);
    this.nonCausal = VisionCalls.nonCausal(address) != 0;
  }

  /**
   * Loads a projector for a model, which stays in memory until the projector is closed.
   *
   * @param threads how many threads compute an image
   * @param gpu whether an accelerator may compute it, if there is one
   * @throws LlamaException if the file is missing, damaged, made for another model, or gives images
   *     positions that are not supported here
   */
  public static Projector load(Path gguf, Model model, int threads, boolean gpu) {
    if (!Files.isRegularFile(gguf)) {
      throw new LlamaException(
          "projector %s cannot be loaded: there is no such file".formatted(gguf));
    }
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          VisionCalls.load(
              frame.arena().allocateFrom(gguf.toString()),
              model.address(),
              threads,
              Model.flag(gpu),
              frame.pointer(),
              frame.message());
      frame.check(status, "projector %s cannot be loaded".formatted(gguf));
      return new Projector(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  private void free() {
    VisionCalls.free(address);
    model.lifetime().exit();
  }

  /** Floats of one image token: the width of the model. */
  public int width() {
    return width;
  }

  /** Whether an image's tokens see each other in both directions and must be decoded at once. */
  public boolean nonCausal() {
    return nonCausal;
  }

  /**
   * Tokenises a prompt with images in it.
   *
   * @param utf8 native memory, the text
   * @param byteLength how many bytes of it are the text
   * @param marker stands in the text where an image goes, once for each image; nobody who writes
   *     the text can know it
   * @param images PNG or JPEG files
   * @param withPixels false to measure the images only, which is enough to count tokens but not to
   *     {@link #encode}
   * @return a prompt that the caller closes
   * @throws LlamaException if an image is damaged, too large or of another format; the message says
   *     which
   */
  public VisionPrompt tokenize(
      MemorySegment utf8, long byteLength, String marker, List<byte[]> images, boolean withPixels) {
    Model.requireNative(utf8);
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          VisionCalls.tokenize(
              address,
              input(frame.arena(), utf8.asSlice(0, byteLength), marker, images),
              Model.flag(withPixels),
              1,
              1,
              frame.pointer(),
              frame.message());
      frame.check(status, "the prompt cannot be tokenised");
      return new VisionPrompt(frame.address(), images);
    } finally {
      lifetime.exit();
    }
  }

  /** As {@link #tokenize(MemorySegment, long, String, List, boolean)}, with a copy of the text. */
  public VisionPrompt tokenize(
      String text, String marker, List<byte[]> images, boolean withPixels) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment copy = copy(call, text.getBytes(StandardCharsets.UTF_8));
      return tokenize(copy, copy.byteSize(), marker, images, withPixels);
    }
  }

  private static VisionCalls.Input input(
      Arena arena, MemorySegment text, String marker, List<byte[]> images) {
    byte[] border = marker.getBytes(StandardCharsets.UTF_8);
    int count = images.size();
    MemorySegment addresses = arena.allocate(ADDRESS, Math.max(1, count));
    MemorySegment lengths = arena.allocate(JAVA_LONG, Math.max(1, count));
    for (int i = 0; i < count; i++) {
      addresses.setAtIndex(ADDRESS, i, copy(arena, images.get(i)));
      lengths.setAtIndex(JAVA_LONG, i, images.get(i).length);
    }
    return new VisionCalls.Input(
        text, text.byteSize(), copy(arena, border), addresses, lengths, count);
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(bytes, 0, copy, JAVA_BYTE, 0, bytes.length);
    return copy;
  }

  /**
   * Computes an image. Takes from milliseconds to many seconds.
   *
   * @param prompt tokenised with pixels by this projector
   * @param span which of its {@link VisionPrompt#spans}
   * @return embeddings that the caller closes
   */
  public ImageEmbeddings encode(VisionPrompt prompt, int span) {
    ImageSpan place = prompt.spans().get(span);
    lifetime.enter();
    try {
      prompt.lifetime().enter();
      try {
        return compute(prompt, span, place);
      } finally {
        prompt.lifetime().exit();
      }
    } finally {
      lifetime.exit();
    }
  }

  private ImageEmbeddings compute(VisionPrompt prompt, int span, ImageSpan place) {
    ImageEmbeddings made = ImageEmbeddings.allocate(model, place.length(), width, nonCausal);
    boolean done = false;
    try (CallFrame frame = new CallFrame()) {
      int status =
          VisionCalls.encode(address, prompt.address(), span, made.segment(), frame.message());
      frame.check(status, "the image could not be computed");
      done = true;
      return made;
    } finally {
      if (!done) {
        made.close();
      }
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
