package dev.freehold.provider.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.Timing;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.RandomChats;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteTls;
import dev.freehold.provider.remote.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Bedrock against a fake of ConverseStream, whose frames AWS's own library writes. */
class BedrockProviderTest extends AdapterContract {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REGION = "eu-central-1";
  private static final String ARN = "arn:aws:iam::123456789012:role/freehold";

  private static RemoteProvider open(
      URI base, Supplier<Optional<String>> credential, Optional<URI> sts) {
    ProviderSpec spec =
        ProviderSpecs.of("aws", ProviderSpec.Kind.BEDROCK, TrustClass.CLOUD)
            .region(REGION)
            .url(base)
            .credential("aws-key")
            .role(ARN)
            .model("eu.anthropic.claude-x:0")
            .spec();
    RemoteTls tls = new RemoteTls(Optional.empty());
    Optional<AssumedRole> role =
        sts.map(
            url ->
                new AssumedRole(
                    ARN,
                    REGION,
                    url,
                    new TokenEndpoint(spec, new HttpTransport(spec, url, tls), Timing.SYSTEM),
                    Timing.SYSTEM));
    return new RemoteProvider(
        spec,
        new BedrockProtocol(base),
        new AwsAuthorizer(spec, REGION, credential, role, Timing.SYSTEM),
        new HttpTransport(spec, base, tls),
        Timing.SYSTEM);
  }

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    return open(base, credential, Optional.empty());
  }

  @Override
  protected String basePath() {
    return "";
  }

  @Override
  protected String credential(String text) {
    return "{\"accessKeyId\":\"AKIA%s\",\"secretAccessKey\":\"%s\"}".formatted(text, text);
  }

  @Override
  protected String contentType() {
    return "application/vnd.amazon.eventstream";
  }

  @Override
  protected String key(FakeApi.Request request) {
    return request.headers().get("authorization").replaceFirst("/.*", "");
  }

  @Override
  protected Sample sample(Random random) {
    RandomChats words = new RandomChats(random);
    List<InferenceEvent> events = new ArrayList<>();
    Frames frames = new Frames().event("messageStart", "{\"role\":\"assistant\"}");
    int block = 0;
    if (random.nextBoolean()) {
      String text = words.text();
      events.add(new InferenceEvent.ReasoningDelta(text));
      frames.event("contentBlockDelta", delta(block, "reasoningContent", "text", text));
      frames.event("contentBlockDelta", delta(block++, "reasoningContent", "signature", "abc"));
    }
    for (int i = random.nextInt(4); i >= 0; i--) {
      String text = words.text();
      events.add(new InferenceEvent.TextDelta(text));
      frames.event("contentBlockDelta", delta(block, "", "text", text));
    }
    frames.event("contentBlockStop", "{\"contentBlockIndex\":" + block + "}");
    String[] stops = {"end_turn", "max_tokens", "guardrail_intervened", "stop_sequence", "new_one"};
    String stop = stops[random.nextInt(stops.length)];
    int calls = random.nextInt(3);
    for (int i = 0; i < calls; i++) {
      stop = "tool_use";
      block++;
      events.add(new InferenceEvent.ToolCallDelta(i, Optional.of("t" + i), Optional.of("f"), ""));
      frames.event(
          "contentBlockStart",
          "{\"contentBlockIndex\":%d,\"start\":{\"toolUse\":{\"toolUseId\":\"t%d\",\"name\":\"f\"}}}"
              .formatted(block, i));
      String arguments = random.nextBoolean() ? "" : "{\"a\":\"" + i + "\"}";
      for (int at = 0; at < arguments.length(); at += 3) {
        String piece = arguments.substring(at, Math.min(at + 3, arguments.length()));
        frames.event("contentBlockDelta", delta(block, "toolUse", "input", piece));
      }
      events.add(
          new InferenceEvent.ToolCallDelta(
              i, Optional.empty(), Optional.empty(), arguments.isEmpty() ? "{}" : arguments));
      frames.event("contentBlockStop", "{\"contentBlockIndex\":" + block + "}");
    }
    frames.event("messageStop", "{\"stopReason\":\"" + stop + "\"}");
    int in = 1 + random.nextInt(50);
    int read = random.nextInt(10);
    int written = random.nextInt(10);
    int out = random.nextInt(99);
    frames.event(
        "metadata",
        ("{\"usage\":{\"inputTokens\":%d,\"outputTokens\":%d,\"totalTokens\":%d,"
                + "\"cacheReadInputTokens\":%d,\"cacheWriteInputTokens\":%d},"
                + "\"metrics\":{\"latencyMs\":5}}")
            .formatted(in, out, in + out, read, written));
    FinishReason reason =
        switch (stop) {
          case "max_tokens" -> FinishReason.LENGTH;
          case "guardrail_intervened" -> FinishReason.CONTENT_FILTER;
          case "tool_use" -> FinishReason.TOOL_CALLS;
          default -> FinishReason.STOP;
        };
    events.add(new InferenceEvent.Finished(reason, new Usage(in + read + written, read, out)));
    return new Sample(Response.of(200, contentType(), frames.bytes()), events);
  }

  private static String delta(int block, String within, String field, String text) {
    ObjectNode event = JSON.createObjectNode().put("contentBlockIndex", block);
    ObjectNode delta = event.putObject("delta");
    (within.isEmpty() ? delta : delta.putObject(within)).put(field, text);
    return event.toString();
  }

  @Override
  protected List<byte[]> nonsense() {
    byte[] good = sample(new Random(3)).response().body();
    byte[] damaged = good.clone();
    damaged[good.length / 2] ^= 1;
    return List.of(
        new byte[0],
        damaged,
        "data: {}\n\n".getBytes(StandardCharsets.UTF_8),
        new Frames().event("contentBlockDelta", "[]").bytes(),
        new Frames().event("contentBlockDelta", "{\"delta\":").bytes(),
        new Frames()
            .event("contentBlockDelta", "{\"delta\":{\"toolUse\":{\"input\":\"x\"}}}")
            .bytes(),
        new Frames().event("messageStop", "{\"stopReason\":\"malformed_tool_use\"}").bytes(),
        new Frames()
            .exception("modelStreamErrorException", "{\"message\":\"" + CANARY + "\"}")
            .bytes(),
        Arrays.copyOf(good, good.length - 1));
  }

  @Test
  void throttlingWithinTheStreamIsALimit() throws Exception {
    byte[] body =
        new Frames().exception("throttlingException", "{\"message\":\"" + CANARY + "\"}").bytes();
    try (FakeApi api = new FakeApi(1, request -> Response.of(200, contentType(), body));
        RemoteProvider provider = open(api.url(""), () -> Optional.of(credential("x1234567")))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertEquals(Kind.PROVIDER_LIMITED, e.kind());
      assertSilent(e);
    }
  }

  @Test
  void modelIsNamedInThePathAndTheRequestIsSigned() throws Exception {
    Sample sample = sample(new Random(1));
    try (FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider = open(api.url(""), () -> Optional.of(credential("x1234567")))) {
      ask(provider, chat());
      FakeApi.Request request = api.requests().getFirst();
      assertEquals("/model/eu.anthropic.claude-x%3A0/converse-stream", request.path());
      assertTrue(
          request
              .headers()
              .get("authorization")
              .contains("SignedHeaders=accept;content-type;host;x-amz-date,"));
      assertEquals(api.url("").getAuthority(), request.headers().get("host"));
    }
  }

  /** What the fake reads of the request by the published shape is what was asked. */
  @Test
  void conversationsArriveAsTheyWereMeant() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    RandomChats chats = new RandomChats(random);
    BedrockProtocol protocol = new BedrockProtocol(URI.create("https://x.test"));
    int sent = 0;
    for (int i = 0; i < 1000; i++) {
      InferenceRequest request = chats.request();
      if (protocol.lacks(request).isPresent()) {
        continue;
      }
      sent++;
      JsonNode body = JSON.readTree(protocol.encode(request, "m").body());
      Prompt.Chat chat = (Prompt.Chat) request.prompt();
      assertEquals(said(chat), read(body), "seed " + seed);
      tools(request, chat, body, "seed " + seed);
      JsonNode config = body.path("inferenceConfig");
      assertEquals(
          request.completionTokensMax().isPresent(), config.has("maxTokens"), "seed " + seed);
      assertEquals(
          request.sampling().temperature().orElse(-1),
          config.path("temperature").asDouble(-1),
          "seed " + seed);
      assertEquals(
          request.sampling().stop().size(), config.path("stopSequences").size(), "seed " + seed);
    }
    assertTrue(sent > 50, "seed " + seed);
  }

  private static void tools(
      InferenceRequest request, Prompt.Chat chat, JsonNode body, String seed) {
    boolean offered = !chat.tools().isEmpty() && !(chat.toolChoice() instanceof ToolChoice.None);
    JsonNode config = body.path("toolConfig");
    assertEquals(offered ? chat.tools().size() : 0, config.path("tools").size(), seed);
    if (offered) {
      Tool tool = chat.tools().getFirst();
      JsonNode spec = config.at("/tools/0/toolSpec");
      assertEquals(tool.name(), spec.path("name").asText(), seed);
      assertTrue(spec.at("/inputSchema/json").isObject(), seed);
      String choice =
          switch (chat.toolChoice()) {
            case ToolChoice.Auto _, ToolChoice.None _ -> "";
            case ToolChoice.Required _ -> "{\"any\":{}}";
            case ToolChoice.Named(String name) -> "{\"tool\":{\"name\":\"" + name + "\"}}";
          };
      assertEquals(choice, config.path("toolChoice").toString(), seed);
    }
    if (request.format() instanceof OutputFormat.JsonSchema(String schema)) {
      JsonNode format = body.at("/outputConfig/textFormat");
      assertEquals("json_schema", format.path("type").asText(), seed);
      assertEquals(schema, format.at("/structure/jsonSchema/schema").asText(), seed);
    }
  }

  /** Who says what, the turns of one speaker put together. */
  private static List<String> said(Prompt.Chat chat) {
    List<String> said = new ArrayList<>();
    for (Message message : chat.messages()) {
      String who = message.role() == Message.Role.ASSISTANT ? "assistant" : "user";
      if (message.role() == Message.Role.SYSTEM) {
        add(said, "system", message.text());
      } else if (message.role() == Message.Role.TOOL) {
        add(said, who, "result " + message.toolCallId().orElseThrow());
        add(said, who, message.text());
      } else {
        for (Message.Part part : message.parts()) {
          switch (part) {
            case Message.Part.Words(String text) -> add(said, who, text);
            case Message.Part.Picture(var image) ->
                add(said, who, Base64.getEncoder().encodeToString(image.bytes()));
          }
        }
        for (ToolCall call : message.toolCalls()) {
          add(said, who, "call " + call.id() + " " + call.name() + " " + call.arguments());
        }
      }
    }
    return said;
  }

  private static void add(List<String> said, String who, String what) {
    if (!what.isBlank()) {
      said.add(who + ": " + what);
    }
  }

  private static List<String> read(JsonNode body) {
    List<String> read = new ArrayList<>();
    for (JsonNode block : body.path("system")) {
      add(read, "system", block.path("text").asText());
    }
    String last = "";
    for (JsonNode message : body.path("messages")) {
      String who = message.path("role").asText();
      assertTrue(!who.equals(last), "the speakers take turns");
      last = who;
      for (JsonNode block : message.path("content")) {
        read(read, who, block);
      }
    }
    return read;
  }

  private static void read(List<String> read, String who, JsonNode block) {
    JsonNode use = block.path("toolUse");
    JsonNode result = block.path("toolResult");
    if (use.isObject()) {
      add(
          read,
          who,
          "call %s %s %s"
              .formatted(
                  use.path("toolUseId").asText(), use.path("name").asText(), use.path("input")));
    } else if (result.isObject()) {
      add(read, who, "result " + result.path("toolUseId").asText());
      for (JsonNode inner : result.path("content")) {
        read(read, who, inner);
      }
    } else if (block.has("image")) {
      assertTrue(List.of("png", "jpeg").contains(block.at("/image/format").asText()));
      add(read, who, block.at("/image/source/bytes").asText());
    } else {
      add(read, who, block.path("text").asText());
    }
  }

  @Test
  void credentialOfTheWrongShapeIsToldWithoutItsText() throws Exception {
    try (FakeApi api = new FakeApi(1, request -> Response.json(200, "{}"));
        RemoteProvider provider = open(api.url(""), () -> Optional.of("AKIA:" + CANARY))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertEquals(Kind.PROVIDER_REFUSED, e.kind());
      assertTrue(e.getMessage().contains("accessKeyId"));
      assertSilent(e);
      assertEquals(List.of(), api.requests());
    }
  }

  private static String assumed(int number, Instant until) {
    return """
    <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/freehold</Arn></AssumedRoleUser>
      <Credentials><AccessKeyId>ASIAROLE%d</AccessKeyId>
        <SecretAccessKey>short%d</SecretAccessKey><SessionToken>session%d</SessionToken>
        <Expiration>%s</Expiration></Credentials>
    </AssumeRoleResult></AssumeRoleResponse>
    """
        .formatted(number, number, number, until);
  }

  private static Response xml(int status, String body) {
    return Response.of(status, "text/xml", body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void roleIsTakenOnOnceAndAgainForANewCredential() throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    AtomicReference<String> current = new AtomicReference<>(credential(CANARY));
    Sample sample = sample(new Random(1));
    try (FakeApi sts =
            new FakeApi(
                1,
                request ->
                    xml(200, assumed(fetched.incrementAndGet(), Instant.now().plusSeconds(3600))));
        FakeApi api = new FakeApi(1, request -> sample.response());
        RemoteProvider provider =
            open(api.url(""), () -> Optional.of(current.get()), Optional.of(sts.url("/")))) {
      ask(provider, chat());
      ask(provider, chat());
      current.set(credential("rotated"));
      ask(provider, chat());
      assertEquals(2, sts.requests().size());
      FakeApi.Request asked = sts.requests().getFirst();
      assertTrue(asked.body().contains("Action=AssumeRole&Version=2011-06-15"));
      assertTrue(asked.body().contains("role%2Ffreehold"));
      assertTrue(asked.headers().get("authorization").contains("/eu-central-1/sts/"));
      assertEquals(
          List.of("session1", "session1", "session2"),
          api.requests().stream().map(r -> r.headers().get("x-amz-security-token")).toList());
      assertTrue(api.requests().getFirst().headers().get("authorization").contains("ASIAROLE1/"));
    }
  }

  @Test
  void roleThatIsRefusedOrNonsenseIsToldWithoutTheKeys() throws IOException {
    Instant later = Instant.now().plusSeconds(60);
    for (Response answer :
        List.of(
            xml(403, "<ErrorResponse>" + CANARY + "</ErrorResponse>"),
            xml(200, "<html>" + CANARY),
            xml(200, "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
            xml(200, assumed(1, later).replace(later.toString(), "soon")),
            xml(200, assumed(1, later).replace("session1", "")),
            xml(500, CANARY))) {
      try (FakeApi sts = new FakeApi(1, request -> answer);
          FakeApi api = new FakeApi(1, request -> Response.json(200, "{}"));
          RemoteProvider provider =
              open(api.url(""), () -> Optional.of(credential(CANARY)), Optional.of(sts.url("/")))) {
        InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
        assertEquals(
            answer.status() == 403 ? Kind.PROVIDER_REFUSED : Kind.PROVIDER_FAILED, e.kind());
        assertSilent(e);
        assertEquals(List.of(), api.requests());
      }
    }
  }
}
