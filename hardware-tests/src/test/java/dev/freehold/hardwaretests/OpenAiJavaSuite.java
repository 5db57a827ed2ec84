package dev.freehold.hardwaretests;

import static dev.freehold.hardwaretests.OpenAiAnswers.ask;
import static dev.freehold.hardwaretests.OpenAiAnswers.finish;
import static dev.freehold.hardwaretests.OpenAiAnswers.greedy;
import static dev.freehold.hardwaretests.OpenAiAnswers.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletion.Choice.FinishReason;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official OpenAI SDK for Java, unmodified: models, chat, plain completions and errors. Tools
 * and structured output have {@link OpenAiToolsJavaSuite}, the Responses surface has {@link
 * OpenAiResponsesJavaSuite}.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiJavaSuite {

  private final OpenAIClient client;
  private final OpenAiAnswers answers;

  OpenAiJavaSuite(OpenAIClient client) {
    this.client = client;
    this.answers = new OpenAiAnswers(client);
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
    ChatCompletionCreateParams.Builder question =
        ask(OfficeSite.SMALL, "Say hello.").maxCompletionTokens(24);

    ChatCompletion whole = answers.whole(question);
    OpenAiAnswers.Streamed stream =
        answers.streamed(
            question.streamOptions(
                ChatCompletionStreamOptions.builder().includeUsage(true).build()));
    ChatCompletion streamed = stream.answer();

    assertFalse(text(whole).isBlank());
    assertEquals(text(whole), text(streamed));
    assertEquals(finish(whole), finish(streamed));
    assertTrue(stream.chunks() > 2, "a stream arrives in pieces");
    assertTrue(whole.usage().orElseThrow().completionTokens() > 0);
    assertEquals(
        whole.usage().orElseThrow().totalTokens(), streamed.usage().orElseThrow().totalTokens());
  }

  /** One half of the answer is in the system's text alone, the other in an earlier turn alone. */
  @Test
  void chatFollowsTheSystemAndTheEarlierTurns() {
    ChatCompletion answer =
        answers.whole(
            greedy(OfficeSite.ASSISTANT)
                .maxCompletionTokens(48)
                .addSystemMessage(Schemas.OFFICE_SYSTEM)
                .addUserMessage("My name is Ruth.")
                .addAssistantMessage("Hello Ruth!")
                .addUserMessage(Schemas.OFFICE_QUESTION));

    assertTrue(text(answer).contains("Ruth"), text(answer));
    assertTrue(text(answer).contains("Lugano"), text(answer));
  }

  @Test
  void chatEndsAtItsLimit() {
    ChatCompletion answer = answers.whole(endless().maxCompletionTokens(7));

    assertEquals(FinishReason.LENGTH, finish(answer));
    assertEquals(7, answer.usage().orElseThrow().completionTokens());
  }

  @Test
  void chatEndsAtAStopText() {
    ChatCompletion answer =
        answers.whole(
            ask(OfficeSite.ASSISTANT, "Count from 1 to 10, separated by commas.")
                .stopOfStrings(List.of("5", "never"))
                .maxCompletionTokens(40));

    assertEquals(FinishReason.STOP, finish(answer));
    assertTrue(text(answer).contains("4"), text(answer));
    assertFalse(text(answer).contains("5"), text(answer));
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

    assertFalse(whole.choices().getFirst().text().isBlank());
    assertEquals(whole.choices().getFirst().text(), answers.streamed(prompt));
    assertTrue(whole.usage().orElseThrow().completionTokens() > 0);
  }

  @Test
  void unknownModelIsNotFound() {
    NotFoundException refusal =
        assertThrows(NotFoundException.class, () -> answers.whole(ask("no-such-model", "Hi")));

    assertEquals("model_not_found", refusal.code().orElseThrow());
    assertEquals("invalid_request_error", refusal.type().orElseThrow());
    assertEquals(1, refusal.headers().values("x-request-id").size());
  }

  @Test
  void badFieldIsABadRequestThatNamesIt() {
    ChatCompletionCreateParams.Builder tooHot = ask(OfficeSite.SMALL, "Hi").temperature(5);

    BadRequestException refusal =
        assertThrows(BadRequestException.class, () -> answers.whole(tooHot));

    assertEquals("temperature", refusal.param().orElseThrow());
    assertThrows(BadRequestException.class, () -> answers.streamed(tooHot));
  }

  @Test
  void closedStreamFreesItsSlot(Office office) throws Exception {
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(endless().maxCompletionTokens(2_000).build())) {
      assertTrue(chunks.stream().findFirst().isPresent());
      office.assertClosingFreesTheSlot(chunks);
    }
  }

  /** The small model's two tokens that end an answer are forbidden, so it writes to its limit. */
  private static ChatCompletionCreateParams.Builder endless() {
    return ask(OfficeSite.SMALL, "Write a story.")
        .putAdditionalBodyProperty("logit_bias", JsonValue.from(Map.of("0", -100, "2", -100)));
  }
}
