package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.structured.Description;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * LangChain4j, an agent framework, for real: its own HTTP client over mutual TLS, its own loop of
 * tool calls, its own streams.
 */
@ExtendWith(OfficeSite.class)
final class LangChainSuite {

  private static final Duration ANSWER_MAX = Duration.ofMinutes(3);

  private final Site site;
  private final ClientIdentity alice;

  LangChainSuite(Site site) {
    this.site = site;
    this.alice = site.client("alice", "everyone");
  }

  /** What a program declares; LangChain4j makes the rest. */
  interface Office {
    String ask(String question);
  }

  interface StreamingOffice {
    TokenStream ask(String question);
  }

  /** A book, as its reader finds it in a text. */
  record Book(
      @Description("the title of the book") String title, String author, int publishedInYear) {}

  interface Library {
    Book read(String text);
  }

  /** A tool of the office, run in this process when the model calls it. */
  static final class Weather {

    private final List<String> asked = new ArrayList<>();

    @Tool("Tells the weather in a city.")
    String weather(@P("the name of the city") String city) {
      asked.add(city);
      return "It snows in " + city + ", at minus 3 degrees.";
    }
  }

  @Test
  void agentCallsAToolAndTakesItsResult() {
    Weather weather = new Weather();
    Office office =
        AiServices.builder(Office.class)
            .chatModel(model())
            .chatMemory(MessageWindowChatMemory.withMaxMessages(10))
            .tools(weather)
            .chatRequestTransformer(LangChainSuite::callThenTell)
            .build();

    String answer = office.ask("What is the weather in Zurich?");

    assertEquals(List.of("Zurich"), weather.asked);
    Schemas.assertTellsOfSnow(answer);
  }

  @Test
  void typedAnswerKeepsItsSchema() {
    Library library = AiServices.create(Library.class, model());

    Book book = library.read(Schemas.BOOK_QUESTION);

    assertEquals("Frankenstein", book.title());
    assertTrue(book.author().contains("Shelley"), book.author());
    assertEquals(1818, book.publishedInYear());
  }

  @Test
  void streamArrivesInPieces() throws Exception {
    StreamingOffice office = AiServices.create(StreamingOffice.class, streamingModel());
    List<String> pieces = new ArrayList<>();
    CompletableFuture<String> whole = new CompletableFuture<>();

    office
        .ask("What is the capital of France?")
        .onPartialResponse(pieces::add)
        .onCompleteResponse(response -> whole.complete(response.aiMessage().text()))
        .onError(whole::completeExceptionally)
        .start();

    String text = whole.get(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    assertTrue(text.contains("Paris"), text);
    assertTrue(pieces.size() > 2, pieces::toString);
    assertEquals(text, String.join("", pieces));
    assertFalse(text.isBlank());
  }

  /** A small model must be told when to call and when to tell; a large one decides by itself. */
  private static ChatRequest callThenTell(ChatRequest request) {
    boolean hasResult = request.messages().getLast() instanceof ToolExecutionResultMessage;
    ChatRequest.Builder next =
        ChatRequest.builder()
            .messages(request.messages())
            .toolSpecifications(request.toolSpecifications());
    return hasResult
        ? next.toolChoice(ToolChoice.NONE).responseFormat(sentence()).build()
        : next.toolChoice(ToolChoice.REQUIRED).build();
  }

  private static ResponseFormat sentence() {
    return ResponseFormat.builder()
        .type(ResponseFormatType.JSON)
        .jsonSchema(
            JsonSchema.builder()
                .name("sentence")
                .rootElement(
                    JsonObjectSchema.builder()
                        .addStringProperty("answer")
                        .required("answer")
                        .additionalProperties(false)
                        .build())
                .build())
        .build();
  }

  private OpenAiChatModel model() {
    return OpenAiChatModel.builder()
        .httpClientBuilder(httpClient())
        .baseUrl(site.box().url())
        .apiKey("unused")
        .modelName(OfficeSite.ASSISTANT)
        .temperature(0.0)
        .seed(1)
        .maxTokens(128)
        .timeout(ANSWER_MAX)
        .maxRetries(0)
        .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
        .strictJsonSchema(true)
        .build();
  }

  private OpenAiStreamingChatModel streamingModel() {
    return OpenAiStreamingChatModel.builder()
        .httpClientBuilder(httpClient())
        .baseUrl(site.box().url())
        .apiKey("unused")
        .modelName(OfficeSite.ASSISTANT)
        .temperature(0.0)
        .maxTokens(64)
        .timeout(ANSWER_MAX)
        .build();
  }

  private JdkHttpClientBuilder httpClient() {
    return new JdkHttpClientBuilder()
        .httpClientBuilder(HttpClient.newBuilder().sslContext(alice.sslContext()));
  }
}
