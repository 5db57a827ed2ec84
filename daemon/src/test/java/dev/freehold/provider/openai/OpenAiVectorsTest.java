package dev.freehold.provider.openai;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.ArrivingVectors;
import dev.freehold.provider.remote.FaultyUpstream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.UpstreamTest;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors and scores of a provider, and what can be wrong with them. */
class OpenAiVectorsTest extends UpstreamTest {

  private static final Prompt.Embedding TWO =
      new Prompt.Embedding(
          List.of(new Prompt.Input.OfText("sesame"), new Prompt.Input.OfTokens(List.of(5, 6))),
          OptionalInt.empty());
  private static final Prompt.Ranking RANKING =
      new Prompt.Ranking("a question", List.of("first", "second"));

  private static String json(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String base64(float... vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return "\"" + Base64.getEncoder().encodeToString(bytes.array()) + "\"";
  }

  private static String data(String... elements) {
    return "{\"object\":\"list\",\"data\":[" + String.join(",", elements) + "]}";
  }

  private static String element(int index, String embedding) {
    return "{\"object\":\"embedding\",\"index\":" + index + ",\"embedding\":" + embedding + "}";
  }

  private List<InferenceEvent> answer(Prompt prompt)
      throws InferenceException, InterruptedException {
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, request("search", prompt))) {
      List<InferenceEvent> events = all(stream);
      assertEquals(((InferenceEvent.Finished) events.getLast()).usage(), stream.usageSoFar());
      return events;
    }
  }

  private InferenceException failure(Prompt prompt) {
    InferenceException failure = assertThrows(InferenceException.class, () -> answer(prompt));
    assertFalse(failure.getMessage().contains("sesame"), failure.getMessage());
    assertFalse(failure.getMessage().contains(KEY), failure.getMessage());
    return failure;
  }

  private static float[] vector(InferenceEvent event) {
    MemorySegment segment = assertInstanceOf(InferenceEvent.Embedded.class, event).vector();
    float[] vector = new float[(int) (segment.byteSize() / Float.BYTES)];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = segment.get(JAVA_FLOAT_UNALIGNED, (long) i * Float.BYTES);
    }
    return vector;
  }

  @Test
  void vectorsAreAskedForInBase64AndReadInWhateverOrderTheyCome() throws Exception {
    upstream.answers(
        json(
            "{\"object\":\"list\",\"model\":\"x\",\"extra\":{\"deep\":[1,2]},\"data\":["
                + element(1, base64(0.5f, -2f))
                + ","
                + element(0, base64(1f, 0.25f))
                + "],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}"),
        Then.KEEP_OPEN);

    List<InferenceEvent> events = answer(TWO);

    assertEquals(3, events.size());
    assertEquals(1, ((InferenceEvent.Embedded) events.get(0)).index());
    assertArrayEquals(new float[] {0.5f, -2f}, vector(events.get(0)));
    assertArrayEquals(new float[] {1f, 0.25f}, vector(events.get(1)));
    assertEquals(new Usage(7, 0, 0), ((InferenceEvent.Finished) events.getLast()).usage());
    FaultyUpstream.Request request = upstream.requests().getFirst();
    assertTrue(request.head().startsWith("POST /v1/embeddings "), request.head());
    assertTrue(request.head().contains("Bearer " + KEY), request.head());
    JsonNode sent = new ObjectMapper().readTree(request.body());
    assertEquals(
        new ObjectMapper()
            .readTree(
                "{\"model\":\"big-model\",\"encoding_format\":\"base64\",\"input\":[\"sesame\",[5,6]]}"),
        sent);
  }

  @Test
  void plainFloatsAreAcceptedAndAnIndexMayBeMissing() throws Exception {
    upstream.answers(
        json(data("{\"embedding\":[1,0.5]}", "{\"embedding\":[-1e-3,2]}")), Then.KEEP_OPEN);

    List<InferenceEvent> events = answer(TWO);

    assertArrayEquals(new float[] {1f, 0.5f}, vector(events.get(0)));
    assertArrayEquals(new float[] {-1e-3f, 2f}, vector(events.get(1)));
  }

  @Test
  void dimensionsAreAskedForAndHeldTo() throws Exception {
    Prompt three =
        new Prompt.Embedding(List.of(new Prompt.Input.OfText("sesame")), OptionalInt.of(3));
    upstream.answers(json(data(element(0, base64(1, 2, 3)))), Then.KEEP_OPEN);
    upstream.answers(json(data(element(0, base64(1, 2)))), Then.KEEP_OPEN);

    assertEquals(3, vector(answer(three).getFirst()).length);
    assertEquals(Kind.PROVIDER_FAILED, failure(three).kind());
    JsonNode sent = new ObjectMapper().readTree(upstream.requests().getFirst().body());
    assertEquals(3, sent.path("dimensions").intValue());
  }

  @Test
  void scoresComeFromTheProvidersRerank() throws Exception {
    upstream.answers(
        json(
            "{\"results\":[{\"index\":1,\"relevance_score\":0.9},"
                + "{\"index\":0,\"relevance_score\":-3}],\"usage\":{\"prompt_tokens\":9}}"),
        Then.KEEP_OPEN);

    List<InferenceEvent> events = answer(RANKING);

    assertEquals(new InferenceEvent.Scored(1, 0.9), events.get(0));
    assertEquals(new InferenceEvent.Scored(0, -3), events.get(1));
    FaultyUpstream.Request request = upstream.requests().getFirst();
    assertTrue(request.head().startsWith("POST /v1/rerank "), request.head());
    assertEquals(
        new ObjectMapper()
            .readTree(
                "{\"model\":\"big-model\",\"query\":\"a"
                    + " question\",\"documents\":[\"first\",\"second\"]}"),
        new ObjectMapper().readTree(request.body()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "nonsense",
        "{",
        "{\"data\":",
        "{\"data\":[",
        "{}",
        "{\"data\":7}",
        "{\"data\":[7]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":-1,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1,2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[]},{\"index\":1,\"embedding\":[]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[\"sesame\"]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1e999]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":{}}]}",
        "{\"data\":[{\"index\":0}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"sesame!\"}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"AAA=\"}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"AADAfw==\"}]}",
        "{\"error\":{\"message\":\"sesame\"}}",
        "{\"results\":[{\"index\":0,\"relevance_score\":1}]}",
      })
  void answerThatIsNotWhatWasAskedForFailsTheProvider(String body) {
    upstream.answers(json(body), Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure(TWO).kind(), body);
  }

  @Test
  void answerThatDoesNotEndIsReadNoFurtherThanWhatWasAskedNeeds() {
    String padding = "{\"extra\":[" + "0,".repeat(ArrivingVectors.OTHER_BYTES_MAX) + "0],";
    upstream.answers(
        json(
            padding
                + "\"results\":[{\"index\":0,\"relevance_score\":1},"
                + "{\"index\":1,\"relevance_score\":1}]}"),
        Then.CLOSE);
    InferenceException failure = failure(RANKING);
    assertEquals(Kind.PROVIDER_FAILED, failure.kind());
    assertTrue(failure.getMessage().contains("bytes for what was asked"), failure.getMessage());
  }

  @Test
  void vectorIsReadNoFurtherThanItMayBeLong() {
    String numbers = "[" + "1,".repeat(ArrivingVectors.DIMENSIONS_MAX + 1) + "\"never read\"]";
    upstream.answers(json(data(element(0, numbers))), Then.CLOSE);
    assertTrue(failure(TWO).getMessage().contains("more dimensions"));
    upstream.answers(
        json(data(element(0, "[1,2]"), element(1, "[1,2,3,\"never read\"]"))), Then.CLOSE);
    assertTrue(failure(TWO).getMessage().contains("where 2 were expected"));
    String text = base64(new float[ArrivingVectors.DIMENSIONS_MAX + 1]);
    upstream.answers(json(data(element(0, text))), Then.CLOSE);
    assertTrue(failure(TWO).getMessage().contains("more dimensions"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"results\":[{\"index\":0,\"relevance_score\":1}]}",
        "{\"results\":[{\"index\":0,\"relevance_score\":\"high\"},{\"index\":1}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]}]}",
      })
  void rankingThatIsNotWhatWasAskedForFailsTheProvider(String body) {
    upstream.answers(json(body), Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure(RANKING).kind(), body);
  }

  @ParameterizedTest
  @CsvSource({
    "400, INVALID_REQUEST",
    "401, PROVIDER_REFUSED",
    "404, PROVIDER_FAILED",
    "429, PROVIDER_LIMITED",
    "500, PROVIDER_FAILED",
    "503, PROVIDER_FAILED"
  })
  void statusesMeanWhatTheyMeanForText(int status, Kind kind) {
    upstream.answers(FaultyUpstream.error(status, "", "{}"), Then.CLOSE);
    assertEquals(kind, failure(TWO).kind());
  }

  @Test
  void eventStreamIsNoAnswer() {
    upstream.answers(FaultyUpstream.events("{}"), Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure(TWO).kind());
  }

  @Test
  void connectionThatBreaksWithinTheAnswerFailsTheProvider() {
    upstream.answers(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            + "{\"data\":["
            + element(0, base64(1f)),
        Then.CLOSE);
    assertEquals(Kind.PROVIDER_FAILED, failure(TWO).kind());
  }

  @Test
  void silentProviderIsTimedOut() throws Exception {
    upstream.answers("", Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider =
            provider(upstream.url(), Duration.ofMillis(300), Duration.ofSeconds(20));
        InferenceStream stream = ask(provider, request("search", TWO))) {
      InferenceException failure = assertThrows(InferenceException.class, stream::next);
      assertEquals(Kind.TIMED_OUT, failure.kind());
    }
    assertTrue(upstream.sawHangUp());
  }

  @Test
  void closedStreamHangsUp() throws Exception {
    upstream.answers(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            + "{\"data\":["
            + element(0, base64(1f)),
        Then.WAIT_FOR_HANG_UP);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, request("search", TWO))) {
      assertInstanceOf(InferenceEvent.Embedded.class, stream.next());
    }
    assertTrue(upstream.sawHangUp());
  }
}
