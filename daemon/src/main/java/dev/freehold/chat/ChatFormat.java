package dev.freehold.chat;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.ChatPrompt;
import dev.freehold.llama.ChatTemplates;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenBuffer;

/** Renders prompts as one model wants them. */
public final class ChatFormat implements AutoCloseable {

  private final Model model;
  private final ChatTemplates templates;

  private ChatFormat(Model model, ChatTemplates templates) {
    this.model = model;
    this.templates = templates;
  }

  /** The model stays the caller's to close, after this. */
  public static ChatFormat of(Model model) {
    return new ChatFormat(model, ChatTemplates.of(model));
  }

  /**
   * Renders and tokenises a request's prompt into native memory.
   *
   * @throws InferenceException if the model's template does not accept the conversation
   */
  public RenderedPrompt render(InferenceRequest request) throws InferenceException {
    return switch (request.prompt()) {
      case Prompt.Chat chat -> renderChat(chat, request);
      case Prompt.Text text -> renderText(text, request);
    };
  }

  private RenderedPrompt renderChat(Prompt.Chat chat, InferenceRequest request)
      throws InferenceException {
    ChatPrompt prompt;
    try {
      prompt = templates.apply(TemplateRequest.of(chat, request.format()));
    } catch (LlamaException e) {
      throw new InferenceException(
          Kind.INVALID_REQUEST,
          "the model's chat template does not accept this conversation: "
              + "check the order of roles, the tools' schemas and the response format",
          e);
    }
    try {
      TokenBuffer tokens = model.tokenize(prompt.promptUtf8(), prompt.promptLength(), true, true);
      return new RenderedPrompt(model, tokens, prompt, request);
    } catch (RuntimeException e) {
      prompt.close();
      throw e;
    }
  }

  private RenderedPrompt renderText(Prompt.Text text, InferenceRequest request) {
    return new RenderedPrompt(model, model.tokenize(text.text(), true, true), null, request);
  }

  @Override
  public void close() {
    templates.close();
  }
}
