package dev.freehold.chat;

import dev.freehold.engine.ImagePrompt;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.llama.ChatPrompt;
import dev.freehold.llama.ChatTemplates;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import dev.freehold.llama.Projector;
import dev.freehold.llama.VisionPrompt;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Renders prompts as one model wants them. */
public final class ChatFormat implements AutoCloseable {

  /** Without a limit, a filled gap may take this part of the context. */
  private static final int INFILL_ANSWER_SHARE = 8;

  /** Images of one conversation; each is computed, and kept while its request waits and runs. */
  static final int IMAGES_MAX = 32;

  /** Stands for an image where a prompt is shown; the marker itself nobody may know. */
  static final String IMAGE_SHOWN = "<__media__>";

  private final Model model;
  private final ChatTemplates templates;
  private final int sequenceTokensMax;
  private final Optional<Projector> projector;

  private ChatFormat(
      Model model, ChatTemplates templates, int sequenceTokensMax, Optional<Projector> projector) {
    this.model = model;
    this.templates = templates;
    this.sequenceTokensMax = sequenceTokensMax;
    this.projector = projector;
  }

  /**
   * The model stays the caller's to close, after this.
   *
   * @param sequenceTokensMax what a prompt and its answer may have together, for the prompts that
   *     are cut to fit
   */
  public static ChatFormat of(Model model, int sequenceTokensMax) {
    return of(model, sequenceTokensMax, Optional.empty());
  }

  /**
   * As {@link #of(Model, int)}, for a model that sees.
   *
   * @param projector stays the caller's to close, after this; empty for a model that does not see
   */
  public static ChatFormat of(Model model, int sequenceTokensMax, Optional<Projector> projector) {
    return new ChatFormat(model, ChatTemplates.of(model), sequenceTokensMax, projector);
  }

  /**
   * Renders and tokenises a request's prompt into native memory.
   *
   * @param request one that asks for text
   * @throws InferenceException if the model's template does not accept the conversation
   */
  public RenderedPrompt render(InferenceRequest request) throws InferenceException {
    return switch (request.prompt()) {
      case Prompt.Chat chat -> renderChat(chat, request);
      case Prompt.Text text -> renderText(text, request);
      case Prompt.Infill infill -> renderInfill(infill, request);
      case Prompt.Embedding _, Prompt.Ranking _ ->
          throw new IllegalStateException(
              "the provider let a request for vectors or scores through to a model of text");
    };
  }

  private RenderedPrompt renderChat(Prompt.Chat chat, InferenceRequest request)
      throws InferenceException {
    requireSight(chat);
    ChatPrompt prompt = apply(chat, request.format());
    if (request.format() instanceof OutputFormat.Grammar(String gbnf)) {
      return tokenized(prompt, AnswerForm.ofGrammar(prompt, gbnf), request);
    }
    if (!mustCall(chat) || prompt.supportsThinking()) {
      return tokenized(prompt, templated(prompt, chat, request.format()), request);
    }
    Optional<String> grammar = RequiredCall.grammar(prompt.grammar(), chat.parallelToolCalls());
    if (grammar.isPresent()) {
      return tokenized(prompt, AnswerForm.ofGrammar(prompt, grammar.get()), request);
    }
    prompt.close();
    List<Tool> tools = TemplateRequest.offered(chat);
    String plainGrammar = PlainCall.grammar(tools);
    ChatPrompt described = apply(PlainCall.described(chat, tools), new OutputFormat.Text());
    return tokenized(described, AnswerForm.ofPlainCall(described, plainGrammar), request);
  }

  /** An answer in a format of the client's own may look like a call and is none. */
  private static AnswerForm templated(ChatPrompt prompt, Prompt.Chat chat, OutputFormat format) {
    boolean mayCall =
        chat.toolChoice() instanceof ToolChoice.Auto && format instanceof OutputFormat.Text;
    return mayCall
        ? AnswerForm.ofTemplateWithTools(
            prompt, chat.tools().stream().map(Tool::name).collect(Collectors.toSet()))
        : AnswerForm.ofTemplate(prompt);
  }

  private static boolean mustCall(Prompt.Chat chat) {
    return switch (chat.toolChoice()) {
      case ToolChoice.Required _, ToolChoice.Named _ -> !chat.tools().isEmpty();
      case ToolChoice.Auto _, ToolChoice.None _ -> false;
    };
  }

  private ChatPrompt apply(Prompt.Chat chat, OutputFormat format) throws InferenceException {
    try {
      return templates.apply(TemplateRequest.of(chat, format));
    } catch (LlamaException e) {
      throw new InferenceException(
          Kind.INVALID_REQUEST,
          "the model's chat template does not accept this conversation: "
              + "check the order of roles, the tools' schemas and the response format",
          e);
    }
  }

  private void requireSight(Prompt.Chat chat) throws InferenceException {
    int images = chat.images().size();
    if (images > 0 && projector.isEmpty()) {
      throw new InferenceException(
          Kind.UNSUPPORTED,
          "this model of the box cannot see: send text only, or ask for a model that reads images");
    }
    if (images > IMAGES_MAX) {
      throw new InferenceException(
          Kind.UNSUPPORTED,
          "the conversation has %d images, this box takes at most %d: send fewer"
              .formatted(images, IMAGES_MAX));
    }
  }

  /** Takes the prompt over: it is closed with the result, or here if there is none. */
  private RenderedPrompt tokenized(ChatPrompt prompt, AnswerForm form, InferenceRequest request)
      throws InferenceException {
    boolean done = false;
    try {
      RenderedPrompt rendered =
          request.prompt() instanceof Prompt.Chat chat && !chat.images().isEmpty()
              ? withImages(prompt, chat.images(), form, request)
              : new RenderedPrompt(
                  model,
                  model.tokenize(prompt.promptUtf8(), prompt.promptLength(), true, true),
                  form,
                  request);
      done = true;
      return rendered;
    } finally {
      if (!done) {
        prompt.close();
      }
    }
  }

  /** The images are measured, which is enough to count their tokens; the engine computes them. */
  private RenderedPrompt withImages(
      ChatPrompt prompt, List<Image> images, AnswerForm form, InferenceRequest request)
      throws InferenceException {
    ImagePrompt unseen =
        new ImagePrompt(
            prompt.prompt(),
            TemplateRequest.IMAGE_MARKER,
            images.stream().map(Image::bytes).toList());
    VisionPrompt measured;
    try {
      measured =
          projector.orElseThrow().tokenize(unseen.text(), unseen.marker(), unseen.images(), false);
    } catch (LlamaException e) {
      // Another may read a kind of image that llama.cpp does not.
      throw new InferenceException(Kind.UNSUPPORTED, e.getMessage(), e);
    }
    try (measured) {
      return new RenderedPrompt(model, measured.tokens(), form, request, Optional.of(unseen));
    }
  }

  private RenderedPrompt renderText(Prompt.Text text, InferenceRequest request) {
    return new RenderedPrompt(
        model, model.tokenize(text.text(), true, true), freeText(request), request);
  }

  private static AnswerForm freeText(InferenceRequest request) {
    return AnswerForm.ofText(
        request.format() instanceof OutputFormat.Grammar(String gbnf) ? gbnf : "");
  }

  /** An editor's gap is cut to what leaves room for the answer. */
  private RenderedPrompt renderInfill(Prompt.Infill infill, InferenceRequest request)
      throws InferenceException {
    int answer = request.completionTokensMax().orElse(sequenceTokensMax / INFILL_ANSWER_SHARE);
    int room = Math.max(sequenceTokensMax / 2, sequenceTokensMax - answer);
    return new RenderedPrompt(
        model, InfillPrompt.tokens(model, infill, room), freeText(request), request);
  }

  /** The text that the model would see, for those who want to look at it. */
  public String promptText(Prompt.Chat chat, OutputFormat format) throws InferenceException {
    requireSight(chat);
    try (ChatPrompt prompt = apply(chat, format)) {
      return prompt.prompt().replace(TemplateRequest.IMAGE_MARKER, IMAGE_SHOWN);
    }
  }

  @Override
  public void close() {
    templates.close();
  }
}
