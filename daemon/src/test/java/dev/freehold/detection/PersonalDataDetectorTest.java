package dev.freehold.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.detection.Findings.Unread;
import dev.freehold.inference.Extras;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PersonalDataDetectorTest {

  private static final String MAIL = "anna.meier@firma.ch";
  private static final Map<PersonalData, Label> DETECT =
      Map.of(
          PersonalData.EMAIL, Label.INTERNAL,
          PersonalData.PHONE, Label.CONFIDENTIAL,
          PersonalData.IBAN, Label.RESTRICTED);

  private final PersonalDataDetector detector = new PersonalDataDetector();

  static Stream<InferenceRequest> everyPlaceOfARequest() {
    Message user = Message.of(Message.Role.USER, "hello");
    ToolCall call = new ToolCall("c1", "send", "{\"to\": \"anna.meier\\u0040firma.ch\"}");
    return Stream.of(
        Requests.saying("Write to " + MAIL + "."),
        Requests.saying("hello")
            .withExtras(
                new Extras(Extras.Form.OPENAI_CHAT, Map.of("user", "{\"x\":\"" + MAIL + "\"}"))),
        Requests.of(Requests.chat(user, Message.of(Message.Role.SYSTEM, MAIL))),
        Requests.of(Requests.chat(message("", List.of(call), Optional.empty()))),
        Requests.of(Requests.chat(message("", List.of(named(MAIL)), Optional.empty()))),
        Requests.of(Requests.chat(message("x", List.of(), Optional.of(MAIL)))),
        Requests.of(tool(new Tool("f", "Writes to " + MAIL, "{}"))),
        Requests.of(tool(new Tool("f", "", "{\"enum\": [\"" + MAIL + "\"]}"))),
        Requests.of(new Prompt.Text(MAIL)),
        Requests.of(new Prompt.Infill(MAIL, "", List.of())),
        Requests.of(new Prompt.Infill("", MAIL, List.of())),
        Requests.of(new Prompt.Infill("", "", List.of(new Prompt.ContextFile("a.txt", MAIL)))),
        Requests.of(new Prompt.Infill("", "", List.of(new Prompt.ContextFile(MAIL, "")))),
        Requests.of(embedding(new Prompt.Input.OfText(MAIL))),
        Requests.of(new Prompt.Ranking(MAIL, List.of())),
        Requests.of(new Prompt.Ranking("q", List.of("a", MAIL))),
        Requests.of(
            Requests.chat(user),
            Sampling.defaults(),
            new OutputFormat.JsonSchema("\"" + MAIL + "\"")),
        Requests.of(Requests.chat(user), Sampling.defaults(), new OutputFormat.Grammar(MAIL)),
        Requests.of(Requests.chat(user), stop(MAIL), new OutputFormat.Text()));
  }

  private static Message message(String text, List<ToolCall> calls, Optional<String> name) {
    return new Message(Message.Role.ASSISTANT, text, calls, Optional.empty(), name);
  }

  private static ToolCall named(String name) {
    return new ToolCall("c1", name, "{}");
  }

  private static Prompt tool(Tool tool) {
    return new Prompt.Chat(List.of(), List.of(tool), new ToolChoice.None(), true);
  }

  private static Prompt embedding(Prompt.Input input) {
    return new Prompt.Embedding(List.of(input), OptionalInt.empty());
  }

  private static Sampling stop(String text) {
    Sampling usual = Sampling.defaults();
    return new Sampling(
        usual.temperature(),
        usual.topP(),
        usual.topK(),
        usual.minP(),
        usual.frequencyPenalty(),
        usual.presencePenalty(),
        usual.repeatPenalty(),
        usual.seed(),
        Map.of(),
        List.of(text));
  }

  @ParameterizedTest
  @MethodSource("everyPlaceOfARequest")
  void everyTextThatAProviderWouldGetIsRead(InferenceRequest request) {
    Findings findings = detector.scan(request);
    assertEquals(Set.of(PersonalData.EMAIL), findings.kinds());
    assertTrue(findings.complete());
    assertEquals(Label.INTERNAL, findings.label(DETECT));
    assertEquals(List.of("email"), findings.raisedBy(DETECT));
  }

  @Test
  void imageBetweenTwoHalvesDoesNotHideAnAddressAndIsItselfUnread() {
    Image image = new Image("image/png", new byte[0], 6);
    Message message =
        new Message(
            Message.Role.USER, MAIL, List.of(), Optional.empty(), Optional.empty(), List.of(image));
    Findings findings = detector.scan(Requests.of(Requests.chat(message)));
    assertEquals(Set.of(PersonalData.EMAIL), findings.kinds());
    assertEquals(Set.of(Unread.IMAGES), findings.unread());
    assertEquals(Label.RESTRICTED, findings.label(DETECT));
    assertEquals(List.of("images"), findings.raisedBy(DETECT));
  }

  @Test
  void tokensCountAsEveryKind() {
    Findings findings =
        detector.scan(Requests.of(embedding(new Prompt.Input.OfTokens(List.of(1, 2)))));
    assertEquals(Set.of(Unread.TOKENS), findings.unread());
    assertEquals(Label.RESTRICTED, findings.label(DETECT));
  }

  @Test
  void textPastTheBoundCountsAsEveryKind() {
    String filler = "word ".repeat(PersonalDataDetector.CHARACTERS_MAX / 5);
    Findings fits = detector.scan(Requests.saying(filler));
    assertTrue(fits.complete());
    assertEquals(Label.PUBLIC, fits.label(DETECT));
    Findings over = detector.scan(Requests.saying(filler + "more"));
    assertEquals(Set.of(Unread.REMAINDER), over.unread());
    assertEquals(Label.RESTRICTED, over.label(DETECT));
    Findings second =
        detector.scan(
            Requests.of(
                Requests.chat(
                    Message.of(Message.Role.USER, filler + MAIL),
                    Message.of(Message.Role.USER, "hi"))));
    assertFalse(second.complete());
  }

  @Test
  void moreCandidatesThanMayBeCheckedCountAsEveryKind() {
    String nearly = "a@b.notatld ".repeat(PersonalDataDetector.CHECKS_MAX + 1);
    assertEquals(Set.of(Unread.REMAINDER), detector.scan(Requests.saying(nearly)).unread());
  }

  @Test
  void policyWithoutDetectionRaisesNothing() {
    Findings findings = new Findings(Set.of(PersonalData.IBAN), Set.of(Unread.IMAGES));
    assertEquals(Label.PUBLIC, findings.label(Map.of()));
    assertEquals(List.of(), findings.raisedBy(Map.of()));
  }

  @Test
  void findingsNeverShowWhatWasFound() {
    Findings findings = detector.scan(Requests.saying("Write to " + MAIL));
    assertFalse(findings.toString().contains("anna"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user@example.com",
        "git@github.com:a/b",
        "lodash@4.17.21",
        "icon@2x.png",
        "@Override",
        "127.0.0.1:8080",
        "0.0.0.0",
        "255.255.255.0",
        "192.0.2.7",
        "::1",
        "std::vector",
        "12:30:45",
        "de:ad:be:ef:00:01",
        "version 4.12.3.1",
        "550e8400-e29b-41d4-a716-446655440000",
        "3.14159265358979323",
        "01.02.2024 10:30",
        "2024-01-02 03:04",
        "1700000000000",
        "postgres://user:password@db/x",
        "https://medium.com/@someone",
        "password = getPassword1(x)",
        "password: ${DB_PASSWORD1}",
        "-----BEGIN CERTIFICATE-----",
        "AKIAIOSFODNN7EXAMPLE",
        "CH93 0076 2011 6238 5295 8",
        "4111 1111 1111 1112",
        "756.9217.0769.84",
        "+41 12",
        "0123456789",
        "Boston, MA 02110-1301, USA"
      })
  void whatOnlyLooksLikePersonalDataIsPassedOver(String text) {
    assertEquals(Set.of(), detector.scan(Requests.saying("see " + text + " here")).kinds());
    assertEquals(Set.of(), detector.scan(Requests.saying(text)).kinds());
  }

  static Stream<String> hostile() {
    int most = PersonalDataDetector.CHARACTERS_MAX;
    return Stream.of(
            "@",
            "a@",
            "a.",
            "1",
            "1 ",
            "12 34 ",
            "+41 ",
            "(",
            ":",
            "a:",
            "f::",
            "://",
            "eyJ",
            "eyJa.",
            "eyJa-",
            "eyJabcdefghijklmnop.",
            "=",
            "password=",
            "a@b.",
            "sk-",
            "-",
            "CH93 ",
            "ghp_a",
            "(at)",
            "\\u",
            "00",
            "044 ",
            "1.1.1.1.",
            "BEGIN ",
            "é",
            "\u200b",
            "０",
            "\ud835\udfce",
            "\ud835",
            "%4",
            "4111 ")
        .map(part -> part.repeat(most / part.length()));
  }

  /** The bound of time only tells a hang from work: each takes some tens of milliseconds. */
  @ParameterizedTest
  @MethodSource("hostile")
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void repetitionOfAnythingEnds(String text) {
    long start = System.nanoTime();
    detector.scan(Requests.of(new Prompt.Text(text)));
    System.out.printf(
        "%s… %d ms%n", text.substring(0, 6).strip(), (System.nanoTime() - start) / 1_000_000);
  }

  @Test
  void noTextMakesAScanFail() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String signs = "0019+-(). /:@=\\%&[]{}\"'aAeEfFxXyJCHDE\n\u200b\u00a0０é\ud835\udfce_";
    String[] parts = {"eyJ", "://", "password", "-----BEGIN ", "(at)", "\\u0040", "CH93", "AKIA"};
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(40); k >= 0; k--) {
        text.append(
            random.nextInt(8) == 0
                ? parts[random.nextInt(parts.length)]
                : signs.charAt(random.nextInt(signs.length())));
      }
      detector.scan(Requests.of(new Prompt.Text(text.toString())));
    }
  }
}
