package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official OpenAI SDK for Java, unmodified: what it needs of a box is TLS with its certificate.
 * The Responses surface has {@link OpenAiResponsesJavaSuite}.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OpenAiJavaSuite {

  private static final String CITY_QUESTION = "What is the weather in Zurich?";

  private static final ChatCompletionFunctionTool WEATHER =
      tool("get_weather", "Tells the weather in a city.", Schemas.WEATHER);

  private static final ChatCompletionFunctionTool ADD =
      tool("add", "Adds two integers.", Schemas.ADD);

  private final Site site;
  private final OpenAIClient client;

  OpenAiJavaSuite(Site site) {
    this.site = site;
    this.client = client(site);
  }

  static OpenAIClient client(Site site) {
    ClientIdentity alice = site.client("alice", "everyone");
    return OpenAIOkHttpClient.builder()
        .baseUrl(site.box().url())
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
    List<String> listed = client.models().list().data().stream().map(Model::id).toList();

    assertTrue(
        listed.containsAll(List.of(OfficeSite.ASSISTANT, OfficeSite.SMALL)), listed::toString);
    assertEquals(OfficeSite.SMALL, client.models().retrieve(OfficeSite.SMALL).id());
    assertThrows(NotFoundException.class, () -> client.models().retrieve("no-such-model"));
  }

  @Test
  void chatAnswersTheSameWholeAndStreamed() {
    ChatCompletionCreateParams question =
        ask(OfficeSite.SMALL, "Say hello.")
            .maxCompletionTokens(24)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    ChatCompletion whole =
        client
            .chat()
            .completions()
            .create(ask(OfficeSite.SMALL, "Say hello.").maxCompletionTokens(24).build());
    AtomicLong chunks = new AtomicLong();
    ChatCompletion streamed = stream(question, chunks);

    assertFalse(text(whole).isBlank());
    assertEquals(text(whole), text(streamed));
    assertEquals(finish(whole), finish(streamed));
    assertTrue(chunks.get() > 2, "a stream arrives in pieces");
    assertTrue(whole.usage().orElseThrow().completionTokens() > 0);
    assertEquals(
        whole.usage().orElseThrow().totalTokens(), streamed.usage().orElseThrow().totalTokens());
  }

  @Test
  void chatFollowsTheSystemAndTheEarlierTurns() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ChatCompletionCreateParams.builder()
                    .model(OfficeSite.ASSISTANT)
                    .temperature(0)
                    .maxCompletionTokens(24)
                    .addSystemMessage("You are the assistant of an office.")
                    .addUserMessage("My name is Ruth.")
                    .addAssistantMessage("Hello Ruth!")
                    .addUserMessage("What is my name?")
                    .build());

    assertTrue(text(answer).contains("Ruth"), text(answer));
  }

  @Test
  void chatEndsAtItsLimit() {
    ChatCompletion answer =
        client.chat().completions().create(endless().maxCompletionTokens(7).build());

    assertEquals(ChatCompletion.Choice.FinishReason.LENGTH, finish(answer));
    assertEquals(7, answer.usage().orElseThrow().completionTokens());
  }

  @Test
  void chatEndsAtAStopText() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, "Count from 1 to 10, separated by commas.")
                    .stopOfStrings(List.of("5", "never"))
                    .maxCompletionTokens(40)
                    .build());

    assertEquals(ChatCompletion.Choice.FinishReason.STOP, finish(answer));
    assertTrue(text(answer).contains("4"), text(answer));
    assertFalse(text(answer).contains("5"), text(answer));
  }

  /** Nothing in the question asks for the tool: only a grammar can have made this call. */
  @Test
  void requiredToolIsCalled() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, "Good morning!")
                    .addTool(WEATHER)
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                    .maxCompletionTokens(128)
                    .build());

    ChatCompletionMessageFunctionToolCall call = onlyCall(answer);
    assertEquals("get_weather", call.function().name());
    Schemas.assertValid(Schemas.WEATHER, call.function().arguments());
    assertEquals(ChatCompletion.Choice.FinishReason.TOOL_CALLS, finish(answer));
  }

  @Test
  void namedToolIsCalled() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, CITY_QUESTION)
                    .addTool(WEATHER)
                    .addTool(ADD)
                    .toolChoice(
                        ChatCompletionNamedToolChoice.builder()
                            .function(
                                ChatCompletionNamedToolChoice.Function.builder()
                                    .name("add")
                                    .build())
                            .build())
                    .maxCompletionTokens(128)
                    .build());

    assertEquals("add", onlyCall(answer).function().name());
    Schemas.assertValid(Schemas.ADD, onlyCall(answer).function().arguments());
  }

  @Test
  void forbiddenToolIsNotCalled() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, "Good morning!")
                    .addTool(WEATHER)
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
                    .maxCompletionTokens(24)
                    .build());

    assertTrue(message(answer).toolCalls().orElse(List.of()).isEmpty());
    assertFalse(text(answer).isBlank());
  }

  @Test
  void streamedDeltasAccumulateToTheSameCall() {
    ChatCompletionCreateParams question =
        ask(OfficeSite.ASSISTANT, CITY_QUESTION)
            .addTool(WEATHER)
            .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
            .maxCompletionTokens(128)
            .build();

    ChatCompletion whole = client.chat().completions().create(question);
    ChatCompletion streamed = stream(question, new AtomicLong());

    assertEquals(onlyCall(whole).function().name(), onlyCall(streamed).function().name());
    assertEquals(onlyCall(whole).function().arguments(), onlyCall(streamed).function().arguments());
    assertFalse(onlyCall(streamed).id().isBlank());
    assertEquals(finish(whole), finish(streamed));
  }

  /** The tool is a class of the program's, from which the SDK makes the schema by itself. */
  @Test
  void toolsResultBecomesTheAnswer() {
    ChatCompletionCreateParams.Builder conversation =
        ask(OfficeSite.ASSISTANT, CITY_QUESTION).addTool(GetWeather.class).maxCompletionTokens(128);
    ChatCompletion asked =
        client
            .chat()
            .completions()
            .create(conversation.toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED).build());
    ChatCompletionMessageFunctionToolCall call = onlyCall(asked);
    assertEquals("Zurich", call.function().arguments(GetWeather.class).city);

    ChatCompletion answered =
        client
            .chat()
            .completions()
            .create(
                conversation
                    .addMessage(message(asked))
                    .addMessage(
                        ChatCompletionToolMessageParam.builder()
                            .toolCallId(call.id())
                            .content("It snows in Zurich, at minus 3 degrees.")
                            .build())
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
                    .responseFormat(format("sentence", Schemas.SENTENCE))
                    .build());

    Schemas.assertValid(Schemas.SENTENCE, text(answered));
    assertTrue(text(answered).contains("now"), text(answered));
  }

  @Test
  void jsonObjectIsAnObject() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, "Who wrote Frankenstein? Answer as JSON.")
                    .responseFormat(ResponseFormatJsonObject.builder().build())
                    .maxCompletionTokens(128)
                    .build());

    assertEquals(ChatCompletion.Choice.FinishReason.STOP, finish(answer));
    Schemas.assertValid("{\"type\": \"object\"}", text(answer));
  }

  @Test
  void jsonSchemaIsKeptByBothModels() {
    for (String model : List.of(OfficeSite.ASSISTANT, OfficeSite.SMALL)) {
      ChatCompletion answer =
          client
              .chat()
              .completions()
              .create(
                  ask(model, Schemas.BOOK_QUESTION)
                      .responseFormat(format("book", Schemas.BOOK))
                      .maxCompletionTokens(256)
                      .build());

      assertEquals(ChatCompletion.Choice.FinishReason.STOP, finish(answer));
      Schemas.assertValid(Schemas.BOOK, text(answer));
    }
  }

  @Test
  void jsonSchemaOfAClassIsKept() {
    Book book =
        client
            .chat()
            .completions()
            .create(
                ask(OfficeSite.ASSISTANT, Schemas.BOOK_QUESTION)
                    .responseFormat(Book.class)
                    .maxCompletionTokens(128)
                    .build())
            .choices()
            .getFirst()
            .message()
            .content()
            .orElseThrow();

    assertEquals("Frankenstein", book.title);
    assertTrue(book.author.contains("Shelley"), book.author);
    assertEquals(1818, book.year);
  }

  @Test
  void completionAnswersTheSameWholeAndStreamed() {
    CompletionCreateParams prompt =
        CompletionCreateParams.builder()
            .model(OfficeSite.SMALL)
            .prompt("One, two, three,")
            .temperature(0)
            .maxTokens(8)
            .build();

    Completion whole = client.completions().create(prompt);
    String streamed;
    try (StreamResponse<Completion> chunks = client.completions().createStreaming(prompt)) {
      streamed =
          chunks.stream()
              .flatMap(chunk -> chunk.choices().stream())
              .map(choice -> choice.text())
              .collect(Collectors.joining());
    }

    assertFalse(whole.choices().getFirst().text().isBlank());
    assertEquals(whole.choices().getFirst().text(), streamed);
    assertTrue(whole.usage().orElseThrow().completionTokens() > 0);
  }

  @Test
  void unknownModelIsNotFound() {
    NotFoundException refusal =
        assertThrows(
            NotFoundException.class,
            () -> client.chat().completions().create(ask("no-such-model", "Hi").build()));

    assertEquals("model_not_found", refusal.code().orElseThrow());
    assertEquals("invalid_request_error", refusal.type().orElseThrow());
    assertEquals(1, refusal.headers().values("x-request-id").size());
  }

  @Test
  void badFieldIsABadRequestThatNamesIt() {
    BadRequestException refusal =
        assertThrows(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(ask(OfficeSite.SMALL, "Hi").temperature(5).build()));

    assertEquals("temperature", refusal.param().orElseThrow());
    assertThrows(
        BadRequestException.class,
        () ->
            client
                .chat()
                .completions()
                .createStreaming(ask(OfficeSite.SMALL, "Hi").temperature(5).build()));
  }

  @Test
  void closedStreamFreesItsSlot() {
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(endless().maxCompletionTokens(2_000).build())) {
      assertTrue(chunks.stream().findFirst().isPresent());
      OfficeSite.awaitBusySlots(site, 1);
    }
    OfficeSite.awaitBusySlots(site, 0);
  }

  /** Tells the weather in a city. */
  @JsonTypeName("get_weather")
  @JsonClassDescription("Tells the weather in a city.")
  static final class GetWeather {
    public String city;
  }

  static final class Book {
    public String title;
    public String author;
    public int year;
  }

  private static ChatCompletionFunctionTool tool(String name, String description, String schema) {
    FunctionParameters.Builder parameters = FunctionParameters.builder();
    Schemas.fields(schema)
        .forEach((key, value) -> parameters.putAdditionalProperty(key, JsonValue.from(value)));
    return ChatCompletionFunctionTool.builder()
        .function(
            FunctionDefinition.builder()
                .name(name)
                .description(description)
                .strict(true)
                .parameters(parameters.build())
                .build())
        .build();
  }

  private static ResponseFormatJsonSchema format(String name, String schema) {
    ResponseFormatJsonSchema.JsonSchema.Schema.Builder fields =
        ResponseFormatJsonSchema.JsonSchema.Schema.builder();
    Schemas.fields(schema)
        .forEach((key, value) -> fields.putAdditionalProperty(key, JsonValue.from(value)));
    return ResponseFormatJsonSchema.builder()
        .jsonSchema(
            ResponseFormatJsonSchema.JsonSchema.builder()
                .name(name)
                .strict(true)
                .schema(fields.build())
                .build())
        .build();
  }

  private static ChatCompletionCreateParams.Builder ask(String model, String question) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage(question)
        .temperature(0);
  }

  /** The small model's two tokens that end an answer are forbidden, so it writes to its limit. */
  private static ChatCompletionCreateParams.Builder endless() {
    return ask(OfficeSite.SMALL, "Write a story.")
        .putAdditionalBodyProperty("logit_bias", JsonValue.from(Map.of("0", -100, "2", -100)));
  }

  private ChatCompletion stream(ChatCompletionCreateParams question, AtomicLong chunks) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question)) {
      stream.stream().peek(_ -> chunks.incrementAndGet()).forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  private static ChatCompletionMessage message(ChatCompletion answer) {
    return answer.choices().getFirst().message();
  }

  private static String text(ChatCompletion answer) {
    return message(answer).content().orElse("");
  }

  private static ChatCompletion.Choice.FinishReason finish(ChatCompletion answer) {
    return answer.choices().getFirst().finishReason();
  }

  private static ChatCompletionMessageFunctionToolCall onlyCall(ChatCompletion answer) {
    assertEquals(1, message(answer).toolCalls().orElse(List.of()).size(), answer::toString);
    return message(answer).toolCalls().orElseThrow().getFirst().asFunction();
  }
}
