package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import java.util.List;
import java.util.stream.Collectors;

/** Chat and plain completions by the OpenAI SDK: the ways to ask, and what an answer holds. */
record OpenAiAnswers(OpenAIClient client) {

  /** Greedy, so that an answer repeats. */
  static ChatCompletionCreateParams.Builder ask(String model, String question) {
    return greedy(model).addUserMessage(question);
  }

  static ChatCompletionCreateParams.Builder greedy(String model) {
    return ChatCompletionCreateParams.builder().model(model).temperature(0);
  }

  ChatCompletion whole(ChatCompletionCreateParams.Builder question) {
    return client.chat().completions().create(question.build());
  }

  /** What the SDK itself makes of a stream's chunks. */
  Streamed streamed(ChatCompletionCreateParams.Builder question) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(question.build())) {
      List<ChatCompletionChunk> all = chunks.stream().toList();
      all.forEach(accumulator::accumulate);
      return new Streamed(accumulator.chatCompletion(), all.size());
    }
  }

  /** The text of a plain completion's stream. */
  String streamed(CompletionCreateParams prompt) {
    try (StreamResponse<Completion> chunks = client.completions().createStreaming(prompt)) {
      return chunks.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .map(choice -> choice.text())
          .collect(Collectors.joining());
    }
  }

  /** A stream's answer, and in how many pieces it came. */
  record Streamed(ChatCompletion answer, int chunks) {}

  static ChatCompletionMessage message(ChatCompletion answer) {
    return answer.choices().getFirst().message();
  }

  static String text(ChatCompletion answer) {
    return message(answer).content().orElse("");
  }

  static ChatCompletion.Choice.FinishReason finish(ChatCompletion answer) {
    return answer.choices().getFirst().finishReason();
  }

  static ChatCompletionMessageFunctionToolCall onlyCall(ChatCompletion answer) {
    assertEquals(1, message(answer).toolCalls().orElse(List.of()).size(), answer::toString);
    return message(answer).toolCalls().orElseThrow().getFirst().asFunction();
  }
}
