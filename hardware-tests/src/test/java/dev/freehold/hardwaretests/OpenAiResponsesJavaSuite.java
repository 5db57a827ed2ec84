package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFormatTextJsonSchemaConfig;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponseTextConfig;
import com.openai.models.responses.ToolChoiceFunction;
import com.openai.models.responses.ToolChoiceOptions;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** The Responses surface by the official OpenAI SDK for Java, unmodified. */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiResponsesJavaSuite {

  private final OpenAIClient client;

  OpenAiResponsesJavaSuite(OpenAIClient client) {
    this.client = client;
  }

  @Test
  void responseAnswersTheSameWholeAndStreamed() {
    ResponseCreateParams question =
        ask(OfficeSite.SMALL).input("Say hello.").maxOutputTokens(24).build();

    Response whole = whole(question);
    Response streamed = stream(question);

    assertFalse(text(whole).isBlank());
    assertEquals(text(whole), text(streamed));
    assertEquals(whole.status(), streamed.status());
    assertEquals(
        whole.usage().orElseThrow().outputTokens(), streamed.usage().orElseThrow().outputTokens());
  }

  @Test
  void responseEndsAtItsLimit() {
    Response response =
        whole(ask(OfficeSite.SMALL).input("Write a long story.").maxOutputTokens(3).build());

    assertEquals(ResponseStatus.INCOMPLETE, response.status().orElseThrow());
    assertEquals(
        Response.IncompleteDetails.Reason.MAX_OUTPUT_TOKENS,
        response.incompleteDetails().orElseThrow().reason().orElseThrow());
  }

  /** One half of the answer is in the instructions alone, the other in an earlier item alone. */
  @Test
  void responseFollowsItsInstructionsAndEarlierItems() {
    Response response =
        whole(
            ask(OfficeSite.ASSISTANT)
                .instructions(Schemas.OFFICE_SYSTEM)
                .inputOfResponse(
                    List.of(
                        message(EasyInputMessage.Role.USER, "My name is Ruth."),
                        message(EasyInputMessage.Role.ASSISTANT, "Hello Ruth!"),
                        message(EasyInputMessage.Role.USER, Schemas.OFFICE_QUESTION)))
                .maxOutputTokens(48)
                .build());

    assertTrue(text(response).contains("Ruth"), text(response));
    assertTrue(text(response).contains("Lugano"), text(response));
  }

  /** Stateless: the call goes back as an item of the next input. */
  @Test
  void functionCallAndItsOutput() {
    ResponseInputItem question = message(EasyInputMessage.Role.USER, Schemas.CITY_QUESTION);
    Response asked =
        whole(
            ask(OfficeSite.ASSISTANT)
                .inputOfResponse(List.of(question))
                .addTool(weather())
                .toolChoice(ToolChoiceOptions.REQUIRED)
                .maxOutputTokens(128)
                .build());
    ResponseFunctionToolCall call = onlyCall(asked);
    assertEquals("get_weather", call.name());
    Schemas.assertValid(Schemas.WEATHER, call.arguments());

    Response answered =
        whole(
            ask(OfficeSite.ASSISTANT)
                .inputOfResponse(
                    List.of(
                        question,
                        ResponseInputItem.ofFunctionCall(call),
                        ResponseInputItem.ofFunctionCallOutput(
                            ResponseInputItem.FunctionCallOutput.builder()
                                .callId(call.callId())
                                .output(Schemas.WEATHER_REPORT)
                                .build())))
                .addTool(weather())
                .toolChoice(ToolChoiceOptions.NONE)
                .text(format("sentence", Schemas.SENTENCE))
                .maxOutputTokens(64)
                .build());

    Schemas.assertTellsOfSnow(text(answered));
  }

  @Test
  void streamedFunctionCallIsTheSame() {
    ResponseCreateParams question =
        ask(OfficeSite.ASSISTANT)
            .input(Schemas.CITY_QUESTION)
            .addTool(weather())
            .toolChoice(ToolChoiceFunction.builder().name("get_weather").build())
            .maxOutputTokens(128)
            .build();

    ResponseFunctionToolCall whole = onlyCall(whole(question));
    ResponseFunctionToolCall streamed = onlyCall(stream(question));

    assertEquals(whole.name(), streamed.name());
    assertEquals(whole.arguments(), streamed.arguments());
  }

  @Test
  void jsonSchemaIsKept() {
    Response response =
        whole(
            ask(OfficeSite.ASSISTANT)
                .input(Schemas.BOOK_QUESTION)
                .text(format("book", Schemas.BOOK))
                .maxOutputTokens(256)
                .build());

    assertEquals(ResponseStatus.COMPLETED, response.status().orElseThrow());
    Schemas.assertValid(Schemas.BOOK, text(response));
  }

  @Test
  void nothingIsKept() {
    BadRequestException refusal =
        assertThrows(
            BadRequestException.class,
            () -> whole(ask(OfficeSite.SMALL).input("Hi").previousResponseId("resp_1").build()));

    assertEquals("previous_response_id", refusal.param().orElseThrow());
    assertThrows(NotFoundException.class, () -> client.responses().retrieve("resp_1"));
  }

  @Test
  void unknownModelIsNotFound() {
    assertThrows(NotFoundException.class, () -> whole(ask("no-such-model").input("Hi").build()));
  }

  @Test
  void closedStreamFreesItsSlot(Office office) throws Exception {
    ResponseCreateParams question =
        ask(OfficeSite.ASSISTANT)
            .input("Write a very long story about a river, in fifty chapters.")
            .maxOutputTokens(2_000)
            .build();

    try (StreamResponse<ResponseStreamEvent> events =
        client.responses().createStreaming(question)) {
      assertTrue(
          events.stream()
              .filter(event -> event.outputTextDelta().isPresent())
              .findFirst()
              .isPresent());
      office.assertClosingFreesTheSlot(events);
    }
  }

  private Response whole(ResponseCreateParams question) {
    return client.responses().create(question);
  }

  private Response stream(ResponseCreateParams question) {
    ResponseAccumulator accumulator = ResponseAccumulator.create();
    try (StreamResponse<ResponseStreamEvent> events =
        client.responses().createStreaming(question)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.response();
  }

  private static ResponseCreateParams.Builder ask(String model) {
    return ResponseCreateParams.builder().model(model).temperature(0);
  }

  private static ResponseInputItem message(EasyInputMessage.Role role, String text) {
    return ResponseInputItem.ofEasyInputMessage(
        EasyInputMessage.builder().role(role).content(text).build());
  }

  private static FunctionTool weather() {
    FunctionTool.Parameters parameters =
        FunctionTool.Parameters.builder()
            .putAllAdditionalProperties(Schemas.fields(Schemas.WEATHER, JsonValue::from))
            .build();
    return FunctionTool.builder()
        .name("get_weather")
        .description("Tells the weather in a city.")
        .strict(true)
        .parameters(parameters)
        .build();
  }

  private static ResponseTextConfig format(String name, String schema) {
    ResponseFormatTextJsonSchemaConfig.Schema fields =
        ResponseFormatTextJsonSchemaConfig.Schema.builder()
            .putAllAdditionalProperties(Schemas.fields(schema, JsonValue::from))
            .build();
    return ResponseTextConfig.builder()
        .format(
            ResponseFormatTextJsonSchemaConfig.builder()
                .name(name)
                .strict(true)
                .schema(fields)
                .build())
        .build();
  }

  private static String text(Response response) {
    return response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .flatMap(content -> content.outputText().stream())
        .map(text -> text.text())
        .collect(Collectors.joining());
  }

  private static ResponseFunctionToolCall onlyCall(Response response) {
    List<ResponseOutputItem> calls =
        response.output().stream().filter(ResponseOutputItem::isFunctionCall).toList();
    assertEquals(1, calls.size(), response::toString);
    return calls.getFirst().asFunctionCall();
  }
}
