package dev.freehold.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Message.Role;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.models.TestModels;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ChatFormatTest {

  private static final Tool WEATHER =
      new Tool(
          "get_weather",
          "The weather of a city",
          "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}");

  private static Model model;
  private static ChatFormat format;

  @BeforeAll
  static void load() {
    model = Model.load(TestModels.small(), ModelOptions.defaults());
    format = ChatFormat.of(model, 2048);
  }

  @AfterAll
  static void close() {
    format.close();
    model.close();
  }

  private static InferenceRequest request(Prompt prompt, OutputFormat outputFormat) {
    return new InferenceRequest(
        "test", "assistant", prompt, Sampling.defaults(), outputFormat, OptionalInt.empty());
  }

  private static Prompt.Chat chat(List<Tool> tools, ToolChoice choice) {
    return new Prompt.Chat(
        List.of(Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.USER, "Hello, 世界!")),
        tools,
        choice,
        false);
  }

  private static String rendered(InferenceRequest request) throws InferenceException {
    try (RenderedPrompt prompt = format.render(request);
        TokenBuffer tokens = prompt.copyTokens()) {
      assertEquals(tokens.size(), prompt.tokenCount());
      return model.detokenize(tokens);
    }
  }

  @Test
  void conversationIsRenderedByTheModelsOwnTemplate() throws Exception {
    String text =
        rendered(request(chat(List.of(), new ToolChoice.Auto()), new OutputFormat.Text()));
    assertEquals(
        """
        <|im_start|>system
        Be brief.<|im_end|>
        <|im_start|>user
        Hello, 世界!<|im_end|>
        <|im_start|>assistant
        """,
        text);
  }

  @Test
  void plainTextIsContinuedWithoutATemplate() throws Exception {
    String text = rendered(request(new Prompt.Text("Once upon a time"), new OutputFormat.Text()));
    assertEquals("Once upon a time", text);
  }

  @Test
  void plainConversationNeedsNoParserAndOneWithToolsDoes() throws Exception {
    try (RenderedPrompt plain =
            format.render(
                request(chat(List.of(), new ToolChoice.Auto()), new OutputFormat.Text()));
        RenderedPrompt tools =
            format.render(
                request(chat(List.of(WEATHER), new ToolChoice.Auto()), new OutputFormat.Text()))) {
      assertTrue(plain.isPlain());
      assertEquals(false, tools.isPlain());
    }
  }

  @Test
  void namedToolThatIsNotOfferedIsRefused() {
    InferenceException refusal =
        assertThrows(
            InferenceException.class,
            () ->
                format.render(
                    request(
                        chat(List.of(WEATHER), new ToolChoice.Named("get_time")),
                        new OutputFormat.Text())));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
  }

  @Test
  void schemaThatIsNotJsonIsRefused() {
    InferenceException refusal =
        assertThrows(
            InferenceException.class,
            () ->
                format.render(
                    request(
                        chat(List.of(), new ToolChoice.Auto()),
                        new OutputFormat.JsonSchema("{\"type\":"))));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
  }

  @Test
  void tokensAreCopiedForEachOfSeveralAnswersUntilThePromptIsClosed() throws Exception {
    RenderedPrompt prompt =
        format.render(request(new Prompt.Text("Hello"), new OutputFormat.Text()));
    try (prompt) {
      try (TokenBuffer first = prompt.copyTokens();
          TokenBuffer second = prompt.copyTokens()) {
        assertTrue(first.size() > 0);
        assertEquals(model.detokenize(first), model.detokenize(second));
      }
    }
    assertThrows(IllegalStateException.class, prompt::copyTokens);
  }
}
