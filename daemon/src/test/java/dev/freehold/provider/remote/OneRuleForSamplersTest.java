package dev.freehold.provider.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Priority;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.alephalpha.AlephAlphaProtocol;
import dev.freehold.provider.anthropic.AnthropicProtocol;
import dev.freehold.provider.azure.AzureProtocol;
import dev.freehold.provider.bedrock.BedrockProtocol;
import dev.freehold.provider.cohere.CohereProtocol;
import dev.freehold.provider.gemini.GeminiProtocol;
import dev.freehold.provider.openai.OpenAiProtocol;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What changes an answer's promise is refused before a provider is asked; what only tunes how
 * tokens are chosen is left out of what is sent, or brought into the API's range.
 */
class OneRuleForSamplersTest {

  private static final URI BASE = URI.create("https://provider.test/v1");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Every number differs from what it does when nothing is said, and is as far as it goes. */
  private static final Sampling EVERYTHING_THAT_TUNES =
      new Sampling(
          OptionalDouble.of(1.75),
          OptionalDouble.of(1),
          OptionalInt.of(700),
          OptionalDouble.of(0.125),
          OptionalDouble.of(-1.5),
          OptionalDouble.of(1.5),
          OptionalDouble.of(1.25),
          OptionalLong.of(42),
          Map.of(),
          List.of(),
          new Sampling.Rarer(
              Arrays.stream(SamplerSetting.values())
                  .collect(Collectors.toMap(setting -> setting, _ -> 1.0)),
              List.of("\n"),
              false));

  /**
   * An API.
   *
   * @param place where its body has what is said of the choice of tokens
   * @param said what of {@link #EVERYTHING_THAT_TUNES} is said there
   * @param kept the promises that it keeps
   */
  record Api(Protocol protocol, String place, String said, Set<Asked> kept) {

    @Override
    public String toString() {
      return protocol.getClass().getSimpleName();
    }
  }

  static List<Api> apis() {
    return List.of(
        new Api(
            new AnthropicProtocol(BASE, Optional.empty()),
            "",
            "temperature=1.0, top_k=700, top_p=1.0",
            Set.of(Asked.JSON_OBJECT, Asked.ONE_CALL)),
        new Api(
            new GeminiProtocol(BASE),
            "/generationConfig",
            "frequencyPenalty=-1.5, presencePenalty=1.5, seed=42, temperature=1.75, topK=700,"
                + " topP=1.0",
            Set.of(Asked.JSON_OBJECT, Asked.LOGPROBS)),
        new Api(
            new AzureProtocol(BASE, Optional.empty()),
            "",
            "frequency_penalty=-1.5, presence_penalty=1.5, seed=42, temperature=1.75, top_p=1.0",
            Set.of(Asked.JSON_OBJECT, Asked.LOGPROBS, Asked.LOGIT_BIAS, Asked.ONE_CALL)),
        new Api(
            new BedrockProtocol(BASE), "/inferenceConfig", "temperature=1.0, topP=1.0", Set.of()),
        new Api(
            new CohereProtocol(BASE),
            "",
            "frequency_penalty=0.0, k=500, p=0.99, presence_penalty=1.0, seed=42, temperature=1.75",
            Set.of(Asked.JSON_OBJECT)),
        new Api(
            new AlephAlphaProtocol(BASE),
            "",
            "frequency_penalty=-1.5, presence_penalty=1.5, temperature=1.75, top_p=1.0",
            Set.of(Asked.LOGPROBS, Asked.LOGIT_BIAS)));
  }

  /** What a client may count on. */
  enum Asked {
    GRAMMAR,
    JSON_OBJECT,
    LOGPROBS,
    LOGIT_BIAS,
    IGNORE_EOS,
    ONE_CALL;

    private InferenceRequest request() {
      Sampling sampling =
          switch (this) {
            case LOGIT_BIAS -> sampling(Map.of(7, 1.0), List.of(), Sampling.Rarer.NONE);
            case IGNORE_EOS ->
                sampling(Map.of(), List.of(), new Sampling.Rarer(Map.of(), List.of(), true));
            case GRAMMAR, JSON_OBJECT, LOGPROBS, ONE_CALL -> Sampling.defaults();
          };
      OutputFormat format =
          switch (this) {
            case GRAMMAR -> new OutputFormat.Grammar("root ::= \"a\"");
            case JSON_OBJECT -> new OutputFormat.JsonObject();
            case LOGPROBS, LOGIT_BIAS, IGNORE_EOS, ONE_CALL -> new OutputFormat.Text();
          };
      List<Tool> tools =
          this == ONE_CALL ? List.of(new Tool("f", "", "{\"type\":\"object\"}")) : List.of();
      OptionalInt logprobs = this == LOGPROBS ? OptionalInt.of(1) : OptionalInt.empty();
      return chat(sampling, format, tools, this != ONE_CALL).withLogprobs(logprobs);
    }
  }

  private static Sampling sampling(
      Map<Integer, Double> logitBias, List<String> stop, Sampling.Rarer rarer) {
    return new Sampling(
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        logitBias,
        stop,
        rarer);
  }

  private static InferenceRequest chat(
      Sampling sampling, OutputFormat format, List<Tool> tools, boolean parallel) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), tools, new ToolChoice.Auto(), parallel),
        sampling,
        format,
        OptionalInt.of(9),
        OptionalInt.empty(),
        Priority.INTERACTIVE);
  }

  private static InferenceRequest chat(Sampling sampling) {
    return chat(sampling, new OutputFormat.Text(), List.of(), true);
  }

  private static Map<String, String> body(Api api, InferenceRequest request) throws Exception {
    JsonNode body = JSON.readTree(api.protocol.encode(request, "m").body()).at(api.place);
    Map<String, String> fields = new TreeMap<>();
    body.properties().forEach(field -> fields.put(field.getKey(), field.getValue().toString()));
    return fields;
  }

  @ParameterizedTest
  @MethodSource("apis")
  void whatOnlyTunesIsSentWhereThereIsAFieldAndLeftOutElsewhere(Api api) throws Exception {
    InferenceRequest request = chat(EVERYTHING_THAT_TUNES);
    assertEquals(Optional.empty(), api.protocol.lacks(request));
    Map<String, String> said = body(api, request);
    Map<String, String> plain = body(api, chat(Sampling.defaults()));
    said.entrySet().removeAll(plain.entrySet());
    assertEquals("{" + api.said + "}", said.toString());
  }

  /** OpenAI's own kind says all of it: what such a server lacks, its policy says. */
  @ParameterizedTest
  @EnumSource(SamplerSetting.class)
  void serverOfOpenAisFormIsSentEveryRarerSampler(SamplerSetting setting) throws Exception {
    byte[] body = new OpenAiProtocol(BASE).encode(chat(EVERYTHING_THAT_TUNES), "m").body();
    assertTrue(JSON.readTree(body).has(setting.field()));
  }

  @ParameterizedTest
  @MethodSource("apis")
  void whatChangesThePromiseIsKnownToBeLackingBeforeAnythingIsSent(Api api) {
    List<Asked> kept = new ArrayList<>();
    for (Asked asked : Asked.values()) {
      if (api.protocol.lacks(asked.request()).isEmpty()) {
        kept.add(asked);
      }
    }
    assertEquals(api.kept, Set.copyOf(kept));
  }

  @ParameterizedTest
  @MethodSource("apis")
  void stopTextsAreSentAllOrKnownToBeTooMany(Api api) throws Exception {
    for (int stops = 1; stops <= Sampling.STOPS_MAX; stops++) {
      List<String> texts = Collections.nCopies(stops, "END");
      InferenceRequest request = chat(sampling(Map.of(), texts, Sampling.Rarer.NONE));
      if (api.protocol.lacks(request).isEmpty()) {
        String sent = JSON.writeValueAsString(texts);
        assertTrue(body(api, request).containsValue(sent), "%s: %d".formatted(api, stops));
      } else {
        assertTrue(stops > 4, "%s: %d".formatted(api, stops));
      }
    }
  }
}
