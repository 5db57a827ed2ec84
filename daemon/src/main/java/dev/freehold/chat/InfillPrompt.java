package dev.freehold.chat;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.InfillMarks;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.llama.TokenBuffer.Slice;
import java.util.ArrayList;
import java.util.List;

/**
 * A gap to fill, in the marks that the model was taught: {@code [before]…[after]…[gap]}, with other
 * files before it as a repository (arXiv 2409.12186) where the model knows that form.
 *
 * <p>An editor sends what it has, not what fits. What is nearest to the gap counts most, so the
 * text before loses its beginning, the text after its end, and other files are kept from the last
 * on. The user's text is never read for control tokens.
 */
final class InfillPrompt implements AutoCloseable {

  /**
   * The most tokens taken of the text around the gap: enough to see what is meant, and little
   * enough that a suggestion comes while it is still wanted.
   */
  static final int NEAR_TOKENS_MAX = 2048;

  /** Of four tokens around the gap three may stand before it, since a text is read forward. */
  private static final int BEFORE_QUARTERS = 3;

  private final Model model;
  private final InfillMarks marks;
  private final List<TokenBuffer> owned = new ArrayList<>();

  private InfillPrompt(Model model, InfillMarks marks) {
    this.model = model;
    this.marks = marks;
  }

  /**
   * Tokenises a gap and what is around it.
   *
   * @param tokensMax how long the prompt may become
   * @throws InferenceException if the model was not taught to fill gaps
   */
  static TokenBuffer tokens(Model model, Prompt.Infill infill, int tokensMax)
      throws InferenceException {
    InfillMarks marks =
        model
            .infillMarks()
            .orElseThrow(
                () ->
                    new InferenceException(
                        Kind.UNSUPPORTED,
                        "this model was not taught to fill gaps: ask one whose abilities in "
                            + "/v1/models name infill, or leave the suffix out"));
    try (InfillPrompt prompt = new InfillPrompt(model, marks)) {
      return prompt.tokens(infill, tokensMax);
    }
  }

  private TokenBuffer tokens(Prompt.Infill infill, int tokensMax) {
    List<Slice> near = near(infill, Math.min(NEAR_TOKENS_MAX, tokensMax));
    int room = tokensMax - near.stream().mapToInt(Slice::count).sum();
    List<Slice> all = new ArrayList<>(context(infill.context(), room));
    all.addAll(near);
    return TokenBuffer.joined(all);
  }

  private List<Slice> near(Prompt.Infill infill, int tokensMax) {
    List<Slice> parts = new ArrayList<>();
    if (model.addsBos()) {
      parts.add(mark(model.bosToken()));
    }
    int room = Math.max(2, tokensMax - parts.size() - 3);
    TokenBuffer before = text(infill.before());
    TokenBuffer after = text(infill.after());
    int beforeShare = Math.max(room * BEFORE_QUARTERS / 4, room - after.size());
    int beforeTaken = Math.min(before.size(), beforeShare);
    int afterTaken = Math.min(after.size(), room - beforeTaken);
    parts.add(mark(marks.before()));
    parts.add(new Slice(before, before.size() - beforeTaken, beforeTaken));
    parts.add(mark(marks.after()));
    parts.add(new Slice(after, 0, afterTaken));
    parts.add(mark(marks.gap()));
    return parts;
  }

  /** As many whole files, from the last on, as there is room for. */
  private List<Slice> context(List<Prompt.ContextFile> files, int room) {
    List<Slice> parts = new ArrayList<>();
    if (files.isEmpty()) {
      return parts;
    }
    Slice head = repositoryHead();
    Slice ownFile = fileHead("");
    int left = room - head.count() - ownFile.count();
    for (Prompt.ContextFile file : files.reversed()) {
      Slice name = fileHead(file.name());
      Slice text = Slice.of(text(file.text()));
      left -= name.count() + text.count();
      if (left < 0) {
        break;
      }
      parts.addFirst(text);
      parts.addFirst(name);
    }
    if (!parts.isEmpty()) {
      parts.addFirst(head);
      parts.add(ownFile);
    }
    return parts;
  }

  private Slice repositoryHead() {
    return marks.repository().isPresent()
        ? headed(marks.repository().getAsInt(), "repository\n")
        : Slice.of(text(""));
  }

  /** The gap's own file has no name that we know. */
  private Slice fileHead(String name) {
    return marks.file().isPresent()
        ? headed(marks.file().getAsInt(), name + "\n")
        : Slice.of(text("\n\n"));
  }

  private Slice headed(int mark, String text) {
    TokenBuffer joined = own(TokenBuffer.joined(List.of(mark(mark), Slice.of(text(text)))));
    return Slice.of(joined);
  }

  private Slice mark(int token) {
    return Slice.of(own(TokenBuffer.of(token)));
  }

  private TokenBuffer text(String text) {
    return own(model.tokenize(text, false, false));
  }

  private TokenBuffer own(TokenBuffer buffer) {
    owned.add(buffer);
    return buffer;
  }

  @Override
  public void close() {
    owned.forEach(TokenBuffer::close);
  }
}
