package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.ErrorType;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.JsonOutputFormat;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.OutputConfig;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolChoiceAny;
import com.anthropic.models.messages.ToolChoiceNone;
import com.anthropic.models.messages.ToolChoiceTool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import com.anthropic.models.messages.Usage;
import com.anthropic.models.models.ModelInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official Anthropic SDK for Java, unmodified. It has no parameter for the temperature any
 * more; the box reads it, so it goes as an extra field of the body.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnthropicJavaSuite {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Tool WEATHER =
      tool("get_weather", "Tells the weather in a city.", Schemas.WEATHER);

  private static final Tool ADD = tool("add", "Adds two integers.", Schemas.ADD);

  private static final ToolChoiceAny ANY = ToolChoiceAny.builder().build();

  private final AnthropicClient client;

  AnthropicJavaSuite(AnthropicClient client) {
    this.client = client;
  }

  @Test
  void modelsAreListedAndRetrieved() {
    List<String> listed = client.models().list().data().stream().map(ModelInfo::id).toList();

    assertTrue(
        listed.containsAll(List.of(OfficeSite.ASSISTANT, OfficeSite.SMALL)), listed::toString);
    ModelInfo small = client.models().retrieve(OfficeSite.SMALL);
    assertEquals(OfficeSite.SMALL, small.id());
    assertEquals(OfficeSite.SMALL, small.displayName());
    assertTrue(small.createdAt().getYear() >= 2026, small::toString);
    assertThrows(NotFoundException.class, () -> client.models().retrieve("no-such-model"));
  }

  @Test
  void messageAnswersTheSameWholeAndStreamed() {
    MessageCreateParams.Builder question = ask(OfficeSite.SMALL, 24, "Say hello.");

    Message whole = whole(question);
    Message streamed = streamed(question);

    assertFalse(text(whole).isBlank());
    assertEquals(text(whole), text(streamed));
    assertEquals(whole.stopReason(), streamed.stopReason());
    assertEquals(whole.usage().outputTokens(), streamed.usage().outputTokens());
    assertTrue(whole.usage().inputTokens() > 0);
  }

  /** One half of the answer is in the system's text alone, the other in an earlier turn alone. */
  @Test
  void messageFollowsTheSystemAndTheEarlierTurns() {
    Message message =
        whole(
            ask(OfficeSite.ASSISTANT, 48, "My name is Ruth.")
                .system(Schemas.OFFICE_SYSTEM)
                .addAssistantMessage("Hello Ruth!")
                .addUserMessage(Schemas.OFFICE_QUESTION));

    assertTrue(text(message).contains("Ruth"), text(message));
    assertTrue(text(message).contains("Lugano"), text(message));
  }

  @Test
  void messageEndsAtItsLimit() {
    Message message = whole(ask(OfficeSite.SMALL, 3, "Write a long story."));

    assertEquals(StopReason.MAX_TOKENS, message.stopReason().orElseThrow());
    assertEquals(3, message.usage().outputTokens());
  }

  @Test
  void messageEndsAtAStopSequence(Office office) {
    Message message =
        whole(
            ask(OfficeSite.ASSISTANT, 40, "Count from 1 to 10, separated by commas.")
                .addStopSequence("5")
                .addStopSequence("never"));

    assertTrue(text(message).contains("4"), text(message));
    assertFalse(text(message).contains("5"), text(message));
    if (office.tellsStopText()) {
      assertEquals(StopReason.STOP_SEQUENCE, message.stopReason().orElseThrow());
      assertEquals("5", message.stopSequence().orElseThrow());
    } else {
      assertEquals(StopReason.END_TURN, message.stopReason().orElseThrow());
      assertTrue(message.stopSequence().isEmpty());
    }
  }

  @Test
  void tokensAreCountedAsTheyAreUsed() {
    long counted =
        client
            .messages()
            .countTokens(
                MessageCountTokensParams.builder()
                    .model(OfficeSite.ASSISTANT)
                    .system(Schemas.OFFICE_SYSTEM)
                    .addUserMessage(Schemas.CITY_QUESTION)
                    .addTool(WEATHER)
                    .build())
            .inputTokens();
    Usage used =
        whole(
                ask(OfficeSite.ASSISTANT, 1, Schemas.CITY_QUESTION)
                    .system(Schemas.OFFICE_SYSTEM)
                    .addTool(WEATHER))
            .usage();

    assertEquals(used.inputTokens() + used.cacheReadInputTokens().orElse(0L), counted);
  }

  /** Nothing in the question asks for the tool: only a grammar can have made this call. */
  @Test
  void anyToolIsCalled() {
    Message message = whole(weatherOffered("Good morning!").toolChoice(ANY));

    assertEquals(StopReason.TOOL_USE, message.stopReason().orElseThrow());
    assertEquals("get_weather", onlyCall(message).name());
    Schemas.assertValid(Schemas.WEATHER, input(onlyCall(message)));
  }

  @Test
  void namedToolIsCalled() {
    Message message =
        whole(
            weatherOffered(Schemas.CITY_QUESTION)
                .addTool(ADD)
                .toolChoice(ToolChoiceTool.builder().name("add").build()));

    assertEquals("add", onlyCall(message).name());
    Schemas.assertValid(Schemas.ADD, input(onlyCall(message)));
  }

  @Test
  void streamedCallAccumulatesToTheSame() {
    MessageCreateParams.Builder question = weatherOffered(Schemas.CITY_QUESTION).toolChoice(ANY);

    Message whole = whole(question);
    Message streamed = streamed(question);

    assertEquals(onlyCall(whole).name(), onlyCall(streamed).name());
    assertEquals(onlyCall(whole)._input(), onlyCall(streamed)._input());
    assertEquals(whole.stopReason(), streamed.stopReason());
  }

  @Test
  void toolsResultBecomesTheAnswer() {
    MessageCreateParams.Builder conversation = weatherOffered(Schemas.CITY_QUESTION);
    Message asked = whole(conversation.toolChoice(ANY));
    ToolUseBlock call = onlyCall(asked);
    assertEquals(Map.of("city", "Zurich"), Schemas.fields(input(call)));

    ToolResultBlockParam result =
        ToolResultBlockParam.builder().toolUseId(call.id()).content(Schemas.WEATHER_REPORT).build();
    Message answered =
        whole(
            conversation
                .addMessage(asked)
                .addUserMessageOfContentBlockParams(List.of(ContentBlockParam.ofToolResult(result)))
                .toolChoice(ToolChoiceNone.builder().build())
                .outputConfig(format(Schemas.SENTENCE)));

    Schemas.assertTellsOfSnow(text(answered));
    assertEquals(StopReason.END_TURN, answered.stopReason().orElseThrow());
  }

  @Test
  void jsonSchemaIsKept() {
    Message message =
        whole(
            ask(OfficeSite.ASSISTANT, 256, Schemas.BOOK_QUESTION)
                .outputConfig(format(Schemas.BOOK)));

    Schemas.assertValid(Schemas.BOOK, text(message));
  }

  @Test
  void unknownModelIsNotFound() {
    NotFoundException refusal =
        assertThrows(NotFoundException.class, () -> whole(ask("no-such-model", 4, "Hi")));

    assertEquals(ErrorType.NOT_FOUND_ERROR, refusal.type().orElseThrow());
    assertTrue(refusal.requestId().isPresent());
  }

  @Test
  void badFieldIsABadRequestThatNamesIt() {
    MessageCreateParams.Builder noTokens = ask(OfficeSite.SMALL, 0, "Hi");

    BadRequestException refusal = assertThrows(BadRequestException.class, () -> whole(noTokens));

    assertEquals(ErrorType.INVALID_REQUEST_ERROR, refusal.type().orElseThrow());
    assertTrue(refusal.getMessage().contains("max_tokens"), refusal.getMessage());
    assertThrows(BadRequestException.class, () -> streamed(noTokens));
  }

  @Test
  void closedStreamFreesItsSlot(Office office) throws Exception {
    MessageCreateParams question =
        ask(
                OfficeSite.ASSISTANT,
                2_000,
                "Write a very long story about a river, in fifty chapters.")
            .build();

    try (StreamResponse<RawMessageStreamEvent> events =
        client.messages().createStreaming(question)) {
      assertTrue(
          events.stream()
              .filter(event -> event.contentBlockDelta().isPresent())
              .findFirst()
              .isPresent());
      office.assertClosingFreesTheSlot(events);
    }
  }

  private static Tool tool(String name, String description, String schema) {
    Tool.InputSchema input =
        Tool.InputSchema.builder()
            .putAllAdditionalProperties(Schemas.fields(schema, JsonValue::from))
            .build();
    return Tool.builder().name(name).description(description).inputSchema(input).build();
  }

  private static OutputConfig format(String schema) {
    JsonOutputFormat.Schema fields =
        JsonOutputFormat.Schema.builder()
            .putAllAdditionalProperties(Schemas.fields(schema, JsonValue::from))
            .build();
    return OutputConfig.builder().format(JsonOutputFormat.builder().schema(fields).build()).build();
  }

  private static MessageCreateParams.Builder ask(String model, long tokensMax, String question) {
    return MessageCreateParams.builder()
        .model(model)
        .maxTokens(tokensMax)
        .putAdditionalBodyProperty("temperature", JsonValue.from(0))
        .addUserMessage(question);
  }

  private static MessageCreateParams.Builder weatherOffered(String question) {
    return ask(OfficeSite.ASSISTANT, 128, question).addTool(WEATHER);
  }

  private Message whole(MessageCreateParams.Builder question) {
    return client.messages().create(question.build());
  }

  /** What the SDK itself makes of a stream's events. */
  private Message streamed(MessageCreateParams.Builder question) {
    MessageAccumulator accumulator = MessageAccumulator.create();
    try (StreamResponse<RawMessageStreamEvent> events =
        client.messages().createStreaming(question.build())) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.message();
  }

  private static String text(Message message) {
    return message.content().stream()
        .flatMap(block -> block.text().stream())
        .map(text -> text.text())
        .collect(Collectors.joining());
  }

  private static ToolUseBlock onlyCall(Message message) {
    List<ToolUseBlock> calls =
        message.content().stream().flatMap(block -> block.toolUse().stream()).toList();
    assertEquals(1, calls.size(), message::toString);
    return calls.getFirst();
  }

  private static String input(ToolUseBlock call) {
    try {
      return JSON.writeValueAsString(call._input().convert(Map.class));
    } catch (JsonProcessingException e) {
      throw new AssertionError("The input of the call is no JSON object.", e);
    }
  }
}
