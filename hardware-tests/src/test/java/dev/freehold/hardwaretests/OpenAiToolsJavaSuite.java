package dev.freehold.hardwaretests;

import static dev.freehold.hardwaretests.OpenAiAnswers.ask;
import static dev.freehold.hardwaretests.OpenAiAnswers.finish;
import static dev.freehold.hardwaretests.OpenAiAnswers.message;
import static dev.freehold.hardwaretests.OpenAiAnswers.onlyCall;
import static dev.freehold.hardwaretests.OpenAiAnswers.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletion.Choice.FinishReason;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption.Auto;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tools and structured output by the official OpenAI SDK for Java, unmodified. */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiToolsJavaSuite {

  private static final ChatCompletionFunctionTool WEATHER =
      tool("get_weather", "Tells the weather in a city.", Schemas.WEATHER);

  private static final ChatCompletionFunctionTool ADD =
      tool("add", "Adds two integers.", Schemas.ADD);

  private final OpenAIClient client;
  private final OpenAiAnswers answers;

  OpenAiToolsJavaSuite(OpenAIClient client) {
    this.client = client;
    this.answers = new OpenAiAnswers(client);
  }

  /** Nothing in the question asks for the tool: only a grammar can have made this call. */
  @Test
  void requiredToolIsCalled() {
    ChatCompletion answer =
        answers.whole(weatherOffered("Good morning!").toolChoice(Auto.REQUIRED));

    ChatCompletionMessageFunctionToolCall call = onlyCall(answer);
    assertEquals("get_weather", call.function().name());
    Schemas.assertValid(Schemas.WEATHER, call.function().arguments());
    assertEquals(FinishReason.TOOL_CALLS, finish(answer));
  }

  @Test
  void namedToolIsCalled() {
    ChatCompletionNamedToolChoice add =
        ChatCompletionNamedToolChoice.builder()
            .function(ChatCompletionNamedToolChoice.Function.builder().name("add").build())
            .build();

    ChatCompletion answer =
        answers.whole(weatherOffered(Schemas.CITY_QUESTION).addTool(ADD).toolChoice(add));

    assertEquals("add", onlyCall(answer).function().name());
    Schemas.assertValid(Schemas.ADD, onlyCall(answer).function().arguments());
  }

  /** The question asks for the tool, so that a model that may call it does, if only in its text. */
  @Test
  void forbiddenToolIsNotCalled() {
    ChatCompletion answer =
        answers.whole(weatherOffered(Schemas.TOOL_QUESTION).toolChoice(Auto.NONE));

    assertTrue(message(answer).toolCalls().orElse(List.of()).isEmpty());
    assertFalse(text(answer).isBlank());
    assertFalse(text(answer).contains("get_weather"), text(answer));
  }

  @Test
  void streamedDeltasAccumulateToTheSameCall() {
    ChatCompletionCreateParams.Builder question =
        weatherOffered(Schemas.CITY_QUESTION).toolChoice(Auto.REQUIRED);

    ChatCompletion whole = answers.whole(question);
    ChatCompletion streamed = answers.streamed(question).answer();

    assertEquals(onlyCall(whole).function().name(), onlyCall(streamed).function().name());
    assertEquals(onlyCall(whole).function().arguments(), onlyCall(streamed).function().arguments());
    assertFalse(onlyCall(streamed).id().isBlank());
    assertEquals(finish(whole), finish(streamed));
  }

  /** The tool is a class of the program's, from which the SDK makes the schema by itself. */
  @Test
  void toolsResultBecomesTheAnswer() {
    ChatCompletionCreateParams.Builder conversation =
        ask(OfficeSite.ASSISTANT, Schemas.CITY_QUESTION)
            .addTool(GetWeather.class)
            .maxCompletionTokens(128);
    ChatCompletion asked = answers.whole(conversation.toolChoice(Auto.REQUIRED));
    ChatCompletionMessageFunctionToolCall call = onlyCall(asked);
    assertEquals("Zurich", call.function().arguments(GetWeather.class).city);

    ChatCompletion answered =
        answers.whole(
            conversation
                .addMessage(message(asked))
                .addMessage(
                    ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content(Schemas.WEATHER_REPORT)
                        .build())
                .toolChoice(Auto.NONE)
                .responseFormat(format("sentence", Schemas.SENTENCE)));

    Schemas.assertTellsOfSnow(text(answered));
  }

  @Test
  void jsonObjectIsAnObject() {
    ChatCompletion answer =
        answers.whole(
            ask(OfficeSite.ASSISTANT, "Who wrote Frankenstein? Answer as JSON.")
                .responseFormat(ResponseFormatJsonObject.builder().build())
                .maxCompletionTokens(128));

    assertEquals(FinishReason.STOP, finish(answer));
    Schemas.assertValid("{\"type\": \"object\"}", text(answer));
  }

  @Test
  void jsonSchemaIsKeptByBothModels() {
    for (String model : List.of(OfficeSite.ASSISTANT, OfficeSite.SMALL)) {
      ChatCompletion answer =
          answers.whole(
              ask(model, Schemas.BOOK_QUESTION)
                  .responseFormat(format("book", Schemas.BOOK))
                  .maxCompletionTokens(256));

      assertEquals(FinishReason.STOP, finish(answer));
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

  private static ChatCompletionCreateParams.Builder weatherOffered(String question) {
    return ask(OfficeSite.ASSISTANT, question).addTool(WEATHER).maxCompletionTokens(128);
  }

  private static ChatCompletionFunctionTool tool(String name, String description, String schema) {
    FunctionParameters parameters =
        FunctionParameters.builder()
            .putAllAdditionalProperties(Schemas.fields(schema, JsonValue::from))
            .build();
    return ChatCompletionFunctionTool.builder()
        .function(
            FunctionDefinition.builder()
                .name(name)
                .description(description)
                .strict(true)
                .parameters(parameters)
                .build())
        .build();
  }

  private static ResponseFormatJsonSchema format(String name, String schema) {
    ResponseFormatJsonSchema.JsonSchema.Schema fields =
        ResponseFormatJsonSchema.JsonSchema.Schema.builder()
            .putAllAdditionalProperties(Schemas.fields(schema, JsonValue::from))
            .build();
    return ResponseFormatJsonSchema.builder()
        .jsonSchema(
            ResponseFormatJsonSchema.JsonSchema.builder()
                .name(name)
                .strict(true)
                .schema(fields)
                .build())
        .build();
  }
}
