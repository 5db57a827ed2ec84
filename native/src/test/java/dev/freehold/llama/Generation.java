package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** The plainest loop that generates text, in sequence 0. */
final class Generation {

  private Generation() {}

  static String generate(Context context, Sampler sampler, TokenBuffer prompt, int tokensMax) {
    Model model = context.model();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (Batch batch = Batch.allocate(512, 1);
        Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(512);
      int output = prefill(context, batch, prompt, 0);
      int position = prompt.size();
      for (int i = 0; i < tokensMax; i++) {
        int token = sampler.sample(context, output);
        sampler.accept(token);
        if (model.isEndOfGeneration(token)) {
          break;
        }
        int bytes = model.piece(token, piece, false);
        text.writeBytes(piece.asSlice(0, bytes).toArray(JAVA_BYTE));
        batch.clear();
        output = batch.add(token, position++, 0, true);
        context.decode(batch);
      }
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** Decodes a prompt into a sequence and gives the index of its last token's output. */
  static int prefill(Context context, Batch batch, TokenBuffer prompt, int sequence) {
    batch.clear();
    int output = -1;
    for (int i = 0; i < prompt.size(); i++) {
      output = batch.add(prompt.get(i), i, sequence, i == prompt.size() - 1);
    }
    DecodeResult result = context.decode(batch);
    if (result != DecodeResult.OK) {
      throw new AssertionError("the prompt was not decoded: " + result);
    }
    return output;
  }
}
