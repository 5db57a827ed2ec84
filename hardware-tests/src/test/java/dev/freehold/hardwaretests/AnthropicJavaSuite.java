package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
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
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official Anthropic SDK for Java, unmodified. It has no parameter for the temperature any
 * more; the box reads it, so it goes as an extra field of the body.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AnthropicJavaSuite {

  private static final String CITY_QUESTION = "What is the weather in Zurich?";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Tool WEATHER =
      tool("get_weather", "Tells the weather in a city.", Schemas.WEATHER);

  private static final Tool ADD = tool("add", "Adds two integers.", Schemas.ADD);

  private final Site site;
  private final AnthropicClient client;

  AnthropicJavaSuite(Site site) {
    this.site = site;
    ClientIdentity alice = site.client("alice", "everyone");
    this.client =
        AnthropicOkHttpClient.builder()
            .baseUrl(OfficeSite.baseUrl(site))
            .apiKey("unused")
            .maxRetries(0)
            .timeout(Duration.ofMinutes(3))
            .sslSocketFactory(alice.sslContext().getSocketFactory())
            .trustManager(alice.trustManager())
            .build();
  }

  @AfterAll
  void close() {
    client.close();
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
    MessageCreateParams question = ask(OfficeSite.SMALL, 24).addUserMessage("Say hello.").build();

    Message whole = client.messages().create(question);
    Message streamed = stream(question);

    assertFalse(text(whole).isBlank());
    assertEquals(text(whole), text(streamed));
    assertEquals(whole.stopReason(), streamed.stopReason());
    assertEquals(whole.usage().outputTokens(), streamed.usage().outputTokens());
    assertTrue(whole.usage().inputTokens() > 0);
  }

  @Test
  void messageFollowsTheSystemAndTheEarlierTurns() {
    Message message =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 24)
                    .system("You are the assistant of an office.")
                    .addUserMessage("My name is Ruth.")
                    .addAssistantMessage("Hello Ruth!")
                    .addUserMessage("What is my name?")
                    .build());

    assertTrue(text(message).contains("Ruth"), text(message));
  }

  @Test
  void messageEndsAtItsLimit() {
    Message message =
        client
            .messages()
            .create(ask(OfficeSite.SMALL, 3).addUserMessage("Write a long story.").build());

    assertEquals(StopReason.MAX_TOKENS, message.stopReason().orElseThrow());
    assertEquals(3, message.usage().outputTokens());
  }

  @Test
  void messageEndsAtAStopSequence() {
    Message message =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 40)
                    .addUserMessage("Count from 1 to 10, separated by commas.")
                    .addStopSequence("5")
                    .addStopSequence("never")
                    .build());

    assertTrue(text(message).contains("4"), text(message));
    assertFalse(text(message).contains("5"), text(message));
  }

  @Test
  void tokensAreCountedAsTheyAreUsed() {
    long counted =
        client
            .messages()
            .countTokens(
                MessageCountTokensParams.builder()
                    .model(OfficeSite.ASSISTANT)
                    .system("You are the assistant of an office.")
                    .addUserMessage(CITY_QUESTION)
                    .addTool(WEATHER)
                    .build())
            .inputTokens();
    Usage used =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 1)
                    .system("You are the assistant of an office.")
                    .addUserMessage(CITY_QUESTION)
                    .addTool(WEATHER)
                    .build())
            .usage();

    assertEquals(used.inputTokens() + used.cacheReadInputTokens().orElse(0L), counted);
  }

  /** Nothing in the question asks for the tool: only a grammar can have made this call. */
  @Test
  void anyToolIsCalled() {
    Message message =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 128)
                    .addUserMessage("Good morning!")
                    .addTool(WEATHER)
                    .toolChoice(ToolChoiceAny.builder().build())
                    .build());

    assertEquals(StopReason.TOOL_USE, message.stopReason().orElseThrow());
    assertEquals("get_weather", onlyCall(message).name());
    Schemas.assertValid(Schemas.WEATHER, input(onlyCall(message)));
  }

  @Test
  void namedToolIsCalled() {
    Message message =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 128)
                    .addUserMessage(CITY_QUESTION)
                    .addTool(WEATHER)
                    .addTool(ADD)
                    .toolChoice(ToolChoiceTool.builder().name("add").build())
                    .build());

    assertEquals("add", onlyCall(message).name());
    Schemas.assertValid(Schemas.ADD, input(onlyCall(message)));
  }

  @Test
  void streamedCallAccumulatesToTheSame() {
    MessageCreateParams question =
        ask(OfficeSite.ASSISTANT, 128)
            .addUserMessage(CITY_QUESTION)
            .addTool(WEATHER)
            .toolChoice(ToolChoiceAny.builder().build())
            .build();

    Message whole = client.messages().create(question);
    Message streamed = stream(question);

    assertEquals(onlyCall(whole).name(), onlyCall(streamed).name());
    assertEquals(onlyCall(whole)._input(), onlyCall(streamed)._input());
    assertEquals(whole.stopReason(), streamed.stopReason());
  }

  @Test
  void toolsResultBecomesTheAnswer() {
    MessageCreateParams.Builder conversation =
        ask(OfficeSite.ASSISTANT, 128).addUserMessage(CITY_QUESTION).addTool(WEATHER);
    Message asked =
        client.messages().create(conversation.toolChoice(ToolChoiceAny.builder().build()).build());
    ToolUseBlock call = onlyCall(asked);
    assertEquals(Map.of("city", "Zurich"), Schemas.fields(input(call)));

    Message answered =
        client
            .messages()
            .create(
                conversation
                    .addMessage(asked)
                    .addUserMessageOfContentBlockParams(
                        List.of(
                            ContentBlockParam.ofToolResult(
                                ToolResultBlockParam.builder()
                                    .toolUseId(call.id())
                                    .content("It snows in Zurich, at minus 3 degrees.")
                                    .build())))
                    .toolChoice(ToolChoiceNone.builder().build())
                    .outputConfig(format(Schemas.SENTENCE))
                    .build());

    Schemas.assertValid(Schemas.SENTENCE, text(answered));
    assertTrue(text(answered).contains("now"), text(answered));
    assertEquals(StopReason.END_TURN, answered.stopReason().orElseThrow());
  }

  @Test
  void jsonSchemaIsKept() {
    Message message =
        client
            .messages()
            .create(
                ask(OfficeSite.ASSISTANT, 256)
                    .addUserMessage(Schemas.BOOK_QUESTION)
                    .outputConfig(format(Schemas.BOOK))
                    .build());

    Schemas.assertValid(Schemas.BOOK, text(message));
  }

  @Test
  void unknownModelIsNotFound() {
    NotFoundException refusal =
        assertThrows(
            NotFoundException.class,
            () -> client.messages().create(ask("no-such-model", 4).addUserMessage("Hi").build()));

    assertEquals(ErrorType.NOT_FOUND_ERROR, refusal.type().orElseThrow());
    assertTrue(refusal.requestId().isPresent());
  }

  @Test
  void badFieldIsABadRequestThatNamesIt() {
    BadRequestException refusal =
        assertThrows(
            BadRequestException.class,
            () -> client.messages().create(ask(OfficeSite.SMALL, 0).addUserMessage("Hi").build()));

    assertEquals(ErrorType.INVALID_REQUEST_ERROR, refusal.type().orElseThrow());
    assertTrue(refusal.getMessage().contains("max_tokens"), refusal.getMessage());
    assertThrows(
        BadRequestException.class,
        () ->
            client
                .messages()
                .createStreaming(ask(OfficeSite.SMALL, 0).addUserMessage("Hi").build()));
  }

  @Test
  void closedStreamFreesItsSlot() {
    MessageCreateParams question =
        ask(OfficeSite.ASSISTANT, 2_000)
            .addUserMessage("Write a very long story about a river, in fifty chapters.")
            .build();

    try (StreamResponse<RawMessageStreamEvent> events =
        client.messages().createStreaming(question)) {
      assertTrue(
          events.stream()
              .filter(event -> event.contentBlockDelta().isPresent())
              .findFirst()
              .isPresent());
      OfficeSite.awaitBusySlots(site, 1);
    }
    OfficeSite.awaitBusySlots(site, 0);
  }

  private static Tool tool(String name, String description, String schema) {
    Tool.InputSchema.Builder input = Tool.InputSchema.builder();
    Schemas.fields(schema)
        .forEach((key, value) -> input.putAdditionalProperty(key, JsonValue.from(value)));
    return Tool.builder().name(name).description(description).inputSchema(input.build()).build();
  }

  private static OutputConfig format(String schema) {
    JsonOutputFormat.Schema.Builder fields = JsonOutputFormat.Schema.builder();
    Schemas.fields(schema)
        .forEach((key, value) -> fields.putAdditionalProperty(key, JsonValue.from(value)));
    return OutputConfig.builder()
        .format(JsonOutputFormat.builder().schema(fields.build()).build())
        .build();
  }

  private static MessageCreateParams.Builder ask(String model, long tokensMax) {
    return MessageCreateParams.builder()
        .model(model)
        .maxTokens(tokensMax)
        .putAdditionalBodyProperty("temperature", JsonValue.from(0));
  }

  private Message stream(MessageCreateParams question) {
    MessageAccumulator accumulator = MessageAccumulator.create();
    try (StreamResponse<RawMessageStreamEvent> events =
        client.messages().createStreaming(question)) {
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
