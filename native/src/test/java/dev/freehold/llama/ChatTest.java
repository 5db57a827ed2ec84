package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ChatTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String MESSAGES =
      "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
          + "{\"role\":\"user\",\"content\":\"Weather in Zürich?\"}]";

  private static final String TOOLS =
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"of a"
          + " city\",\"parameters\":{\"type\":\"object\",\"required\":[\"city\"],"
          + "\"properties\":{\"city\":{\"type\":\"string\"}}}}}]";

  private final Model model = Models.shared();

  @Test
  void ownTemplateOfTheModelIsApplied() {
    try (ChatTemplates templates = ChatTemplates.of(model);
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "}")) {
      assertEquals(
          """
          <|im_start|>system
          Be brief.<|im_end|>
          <|im_start|>user
          Weather in Zürich?<|im_end|>
          <|im_start|>assistant
          """,
          prompt.prompt());
      assertEquals(prompt.prompt().getBytes(StandardCharsets.UTF_8).length, prompt.promptLength());
      assertTrue(prompt.plainContent());
      assertEquals("", prompt.grammar());
      assertFalse(prompt.grammarLazy());
    }
  }

  @Test
  void plainAnswerIsReadAsItsContent() throws IOException {
    try (ChatTemplates templates = ChatTemplates.of(model);
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "}")) {
      JsonNode message = parse(prompt, "Sunny, 24 °C.", false);

      assertEquals("assistant", message.get("role").asText());
      assertEquals("Sunny, 24 °C.", message.get("content").asText());
      assertNull(message.get("tool_calls"));
    }
  }

  @Test
  void toolCallIsReadWithItsArguments() throws IOException {
    try (ChatTemplates templates = withTools();
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "," + TOOLS + "}")) {
      assertTrue(prompt.prompt().contains("\"weather\""), prompt.prompt());
      assertFalse(prompt.plainContent());
      assertTrue(prompt.grammarLazy());
      assertFalse(prompt.grammar().isEmpty());

      JsonNode message =
          parse(
              prompt,
              """
              <tool_call>
              {"name": "weather", "arguments": {"city": "Zürich"}}
              </tool_call>\
              """,
              false);

      JsonNode call = message.get("tool_calls").get(0);
      assertEquals("function", call.get("type").asText());
      assertEquals("weather", call.get("function").get("name").asText());
      JsonNode arguments = JSON.readTree(call.get("function").get("arguments").asText());
      assertEquals("Zürich", arguments.get("city").asText());
      assertEquals("", message.get("content").asText());
    }
  }

  @Test
  void toolCallGrowsWhileItIsWritten() throws IOException {
    String answer =
        """
        Let me look.
        <tool_call>
        {"name": "weather", "arguments": {"city": "Bern"}}
        </tool_call>\
        """;
    try (ChatTemplates templates = withTools();
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "," + TOOLS + "}")) {
      String name = "";
      String arguments = "";
      for (int length = 1; length <= answer.length(); length++) {
        JsonNode message = parse(prompt, answer.substring(0, length), true);
        assertFalse(message.get("content").asText().contains("<tool_call>"), message::toString);
        JsonNode calls = message.get("tool_calls");
        if (calls != null) {
          name = calls.get(0).get("function").get("name").asText();
          String grown = calls.get(0).get("function").get("arguments").asText();
          assertTrue(grown.startsWith(arguments), arguments + " then " + grown);
          arguments = grown;
        }
      }
      assertEquals("weather", name);
      assertEquals("Bern", JSON.readTree(arguments).get("city").asText());
    }
  }

  @Test
  void requiredToolIsForcedByItsGrammar() throws IOException {
    String request = "{" + MESSAGES + "," + TOOLS + ",\"tool_choice\":\"required\"}";
    try (ChatTemplates templates = withTools();
        ChatPrompt prompt = apply(templates, request);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy(), prompt)) {
      assertFalse(prompt.grammarLazy());
      int forbidden = model.eosToken();
      assertThrows(LlamaException.class, () -> sampler.accept(forbidden));
    }
  }

  @Test
  void lazyGrammarSleepsUntilTheToolCallBegins() {
    try (ChatTemplates templates = withTools();
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "," + TOOLS + "}");
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy(), prompt)) {
      accept(sampler, "It is sunny, I think. ");
      accept(sampler, "<tool_call>\n{\"name\": \"");
      assertThrows(LlamaException.class, () -> accept(sampler, "no_such_tool"));
      sampler.reset();
      accept(
          sampler,
          """
          <tool_call>
          {"name": "weather", "arguments": {"city": "Bern"}}
          </tool_call>\
          """);
    }
  }

  @Test
  void toolChoiceNoneLeavesTheAnswerFree() {
    String request = "{" + MESSAGES + "," + TOOLS + ",\"tool_choice\":\"none\"}";
    try (ChatTemplates templates = withTools();
        ChatPrompt prompt = apply(templates, request)) {
      assertEquals("", prompt.grammar());
    }
  }

  @Test
  void schemaConstrainsTheWholeAnswer() throws IOException {
    String request =
        "{"
            + MESSAGES
            + ",\"json_schema\":{\"type\":\"object\",\"required\":[\"degrees\"],\"additionalProperties\":false,"
            + "\"properties\":{\"degrees\":{\"type\":\"integer\"}}}}";
    try (ChatTemplates templates = ChatTemplates.of(model);
        ChatPrompt prompt = apply(templates, request);
        TokenBuffer tokens =
            model.tokenize(prompt.promptUtf8(), prompt.promptLength(), true, true);
        Context context = Models.context(model, 512, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy(), prompt)) {
      assertFalse(prompt.grammar().isEmpty());

      String answer = Generation.generate(context, sampler, tokens, 120);

      JsonNode content = JSON.readTree(parse(prompt, answer, false).get("content").asText());
      assertTrue(content.get("degrees").isIntegralNumber(), answer);
    }
  }

  @Test
  void reasoningIsReadApartFromTheContent() throws IOException {
    try (ChatTemplates templates = ChatTemplates.of(model, template("thinking.jinja"));
        ChatPrompt prompt = apply(templates, "{" + MESSAGES + "}")) {
      assertFalse(prompt.plainContent());

      JsonNode message = parse(prompt, "<think>\nIt is July.\n</think>\n\nSunny.", false);

      assertEquals("It is July.", message.get("reasoning_content").asText().strip());
      assertEquals("Sunny.", message.get("content").asText().strip());
    }
  }

  /** What llama.cpp found in a template is kept, and must be kept apart. */
  @Test
  void templatesThatTakeTurnsStayThemselves() {
    String plain = "{" + MESSAGES + "}";
    String tools = "{" + MESSAGES + "," + TOOLS + "}";
    try (ChatTemplates own = ChatTemplates.of(model);
        ChatTemplates thinking = ChatTemplates.of(model, template("thinking.jinja"));
        ChatTemplates calling = withTools();
        ChatPrompt ownFirst = apply(own, plain);
        ChatPrompt thinkingFirst = apply(thinking, plain);
        ChatPrompt callingFirst = apply(calling, tools);
        ChatPrompt ownAgain = apply(own, plain);
        ChatPrompt thinkingAgain = apply(thinking, plain);
        ChatPrompt callingAgain = apply(calling, tools)) {
      assertAlike(ownFirst, ownAgain);
      assertAlike(thinkingFirst, thinkingAgain);
      assertAlike(callingFirst, callingAgain);
      assertTrue(ownAgain.plainContent());
      assertTrue(thinkingAgain.supportsThinking());
      assertTrue(callingAgain.grammarLazy());
    }
  }

  private static void assertAlike(ChatPrompt expected, ChatPrompt found) {
    assertEquals(expected.prompt(), found.prompt());
    assertEquals(expected.grammar(), found.grammar());
    assertEquals(expected.grammarLazy(), found.grammarLazy());
    assertEquals(expected.plainContent(), found.plainContent());
    assertEquals(expected.supportsThinking(), found.supportsThinking());
    assertEquals(expected.additionalStops(), found.additionalStops());
  }

  @Test
  void templateArgumentsReachTheTemplate() {
    try (ChatTemplates templates =
            ChatTemplates.of(model, "{{ messages[0].content }}/{{ tone }}/{{ enable_thinking }}");
        ChatPrompt prompt =
            apply(
                templates,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"enable_thinking\":false,"
                    + "\"chat_template_kwargs\":{\"tone\":\"dry\"}}")) {
      assertEquals("Hi/dry/False", prompt.prompt());
    }
  }

  @Test
  void malformedRequestsAreRefusedWithoutQuotingThem() {
    try (ChatTemplates templates = ChatTemplates.of(model)) {
      refuses(templates, "{\"messages\": canary", "not valid JSON");
      refuses(templates, "[\"canary\"]", "an object with 'messages'");
      refuses(templates, "{\"messages\":[]}", "at least one message");
      refuses(templates, "{\"messages\":[{\"content\":\"canary\"}]}", "Missing 'role'");
      refuses(templates, "{\"messages\":\"canary\"}", "Expected 'messages' to be an array");
      refuses(
          templates,
          "{" + MESSAGES + ",\"tools\":[{\"type\":\"canary\"}]}",
          "Unsupported tool type");
      refuses(
          templates, "{" + MESSAGES + ",\"tool_choice\":\"canary\"}", "'tool_choice' must be auto");
      refuses(
          templates,
          "{" + MESSAGES + ",\"reasoning_format\":\"canary\"}",
          "'reasoning_format' must be");
      refuses(
          templates,
          "{" + MESSAGES + ",\"grammar\":\"root ::= canary\",\"json_schema\":{}}",
          "not both");
      refuses(
          templates,
          "{\"messages\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
          "nests deeper than 100");
    }
    LlamaException schema =
        assertThrows(
            LlamaException.class, () -> ChatTemplates.schemaToGrammar("{\"type\":\"canary\"}"));
    assertFalse(schema.getMessage().contains("canary"), schema.getMessage());
  }

  @Test
  void brokenTemplateIsRefused() {
    assertThrows(LlamaException.class, () -> ChatTemplates.of(model, "{% for %}"));
  }

  @Test
  void answerThatNestsWithoutEndDoesNotOverflowTheStack() throws Exception {
    AtomicReference<Throwable> unexpected = new AtomicReference<>();
    Thread small =
        new Thread(
            null,
            () -> {
              try (ChatTemplates templates = withTools();
                  ChatPrompt prompt = apply(templates, "{" + MESSAGES + "," + TOOLS + "}")) {
                for (int depth : new int[] {10, 40, 400, 4000, 40_000}) {
                  String answer =
                      "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": "
                          + "[".repeat(depth);
                  try {
                    parse(prompt, answer, true);
                  } catch (LlamaException refused) {
                    assertFalse(refused.getMessage().contains("[[["), refused.getMessage());
                  }
                }
              } catch (Throwable t) {
                unexpected.set(t);
              }
            },
            "small stack",
            256 * 1024);
    small.start();
    small.join();
    assertNull(unexpected.get());
  }

  private static void refuses(ChatTemplates templates, String request, String reason) {
    LlamaException refusal =
        assertThrows(LlamaException.class, () -> apply(templates, request).close());
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("canary"), refusal.getMessage());
  }

  private void accept(Sampler sampler, String text) {
    try (TokenBuffer tokens = model.tokenize(text, false, true)) {
      for (int i = 0; i < tokens.size(); i++) {
        sampler.accept(tokens.get(i));
      }
    }
  }

  private ChatTemplates withTools() {
    return ChatTemplates.of(model, template("tools.jinja"));
  }

  private static String template(String name) {
    try (var resource = ChatTest.class.getResourceAsStream(name)) {
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ChatPrompt apply(ChatTemplates templates, String request) {
    return templates.apply(request.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode parse(ChatPrompt prompt, String answer, boolean partial)
      throws IOException {
    byte[] utf8 = answer.getBytes(StandardCharsets.UTF_8);
    return JSON.readTree(prompt.parse(utf8, utf8.length, partial));
  }
}
