package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.locality.Locality;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.Provider;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.Timing;
import dev.freehold.provider.peer.PeerProtocol;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteTls;
import dev.freehold.routing.PolicyVersion;
import dev.freehold.routing.RoutingTable;
import dev.freehold.store.UsageRecord;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One box asks another over real mutual TLS; the authority of servers stands for that of boxes. */
class PeerTest {

  private static final String POLICY =
      """
      site: test
      models:
        assistant: {catalogue: smollm2-135m, context: 4096}
      providers:
        local: {kind: engine}
        third: {kind: peer, url: "https://third.example"}
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site]
        public:       [local, site]
      clients:
        boxes:   {label: public}
        website: {label: public}
      routes:
        - {name: tools, when: "needs.tools", use: [third]}
        - {name: usual, use: [third, local]}
      """;

  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

  private final FakeProvider third = new FakeProvider("third").answers("third");
  @TempDir Path folder;
  private TestBox hub;

  @BeforeEach
  void start() throws Exception {
    hub = new TestBox(folder);
    hub.router.apply(
        RoutingTable.compile(
            Policy.parse(POLICY),
            PolicyVersion.NONE,
            Map.<String, Provider>of("local", hub.local, "third", third),
            Instant.MAX));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private RemoteProvider peer(TestAuthority.Credential own, String host, Optional<String> name) {
    URI url =
        PeerProtocol.baseOf(URI.create("https://" + host + ":" + hub.server.address().getPort()));
    ProviderSpec spec =
        ProviderSpecs.of("hub", ProviderSpec.Kind.PEER, TrustClass.SITE).url(url).spec();
    RemoteTls tls = RemoteTls.mutual(own.keys().getPrivate(), own.chain(), Optional.empty(), name);
    return new RemoteProvider(
        spec,
        new PeerProtocol(url),
        PeerProtocol.labelled(),
        new HttpTransport(spec, url, tls),
        Timing.SYSTEM);
  }

  private TestAuthority.Credential device(String subject) {
    return hub.servers.client(subject);
  }

  private static InferenceRequest chat(List<Tool> tools) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), tools, new ToolChoice.Auto(), true),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  /** As routing makes one of a confidential request. */
  private static Attempt attempt(InferenceRequest request, ProviderSpec spec) {
    Locality locality = new Locality(Map.of(Label.CONFIDENTIAL, Set.of(TrustClass.SITE)));
    return new Attempt(
        request,
        Optional.empty(),
        0,
        locality.permit(request.id(), Label.CONFIDENTIAL, spec).orElseThrow(),
        Instant.now().plusSeconds(60),
        Attempt.Departure.UNSEEN);
  }

  private static String ask(RemoteProvider peer, InferenceRequest request) throws Exception {
    List<InferenceEvent> events = new ArrayList<>();
    try (peer;
        InferenceStream stream = peer.infer(attempt(request, peer.spec()))) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof InferenceEvent.Finished));
    }
    StringBuilder text = new StringBuilder();
    for (InferenceEvent event : events) {
      if (event instanceof InferenceEvent.TextDelta(String more)) {
        text.append(more);
      }
    }
    return text.toString();
  }

  @Test
  void boxIsAnsweredByItsPeersOwnModelAndByNoThirdBox() throws Exception {
    assertEquals(
        "Hello",
        ask(peer(device("O=t,OU=boxes,CN=box-a"), "localhost", Optional.empty()), chat(List.of())));
    try (TestClient client = hub.client()) {
      assertEquals(
          "third", client.post("/v1/chat/completions", QUESTION).header("Freehold-Provider"));
    }
  }

  @Test
  void requestThatOnlyAThirdBoxCouldAnswerEndsHere() {
    InferenceException e =
        assertThrows(
            InferenceException.class,
            () ->
                ask(
                    peer(device("CN=box-a"), "localhost", Optional.empty()),
                    chat(List.of(new Tool("f", "", "{}")))));
    assertTrue(e.kind() != Kind.INTERNAL, e.getMessage());
    assertEquals(List.of(), third.attempts());
  }

  @Test
  void peerRecordsTheBoxAndTheLabelThatItSaid() throws Exception {
    ask(peer(device("CN=box-a"), "localhost", Optional.empty()), chat(List.of()));
    List<UsageRecord> records = hub.ledger.query(Instant.EPOCH, 10);
    while (records.isEmpty()) {
      Thread.onSpinWait();
      records = hub.ledger.query(Instant.EPOCH, 10);
    }
    assertEquals("box-a", records.getFirst().client());
    assertEquals(Optional.of("confidential"), records.getFirst().label());
  }

  /** Whatever its certificate says beside, a box is of the one group; a client never is. */
  @Test
  void groupOfBoxesIsForBoxesAlone() throws Exception {
    hub.router.apply(
        RoutingTable.compile(
            Policy.parse(POLICY.replaceFirst(" *boxes: .*\n", "")),
            PolicyVersion.NONE,
            Map.<String, Provider>of("local", hub.local, "third", third),
            Instant.MAX));
    InferenceException e =
        assertThrows(
            InferenceException.class,
            () ->
                ask(
                    peer(device("CN=box-a,OU=website"), "localhost", Optional.empty()),
                    chat(List.of())));
    assertEquals(Kind.PROVIDER_REFUSED, e.kind());
    hub.router.apply(
        RoutingTable.compile(
            Policy.parse(POLICY),
            PolicyVersion.NONE,
            Map.<String, Provider>of("local", hub.local, "third", third),
            Instant.MAX));
    try (TestClient client = hub.client("CN=mallory, OU=boxes, O=test")) {
      assertEquals(403, client.post("/v1/chat/completions", QUESTION).status());
    }
  }

  @Test
  void strangersAndWrongNamesAreNotSpokenTo() throws Exception {
    TestAuthority.Credential stranger =
        TestAuthority.create("strangers").client("CN=box-a,OU=boxes");
    TestAuthority.Credential own = device("CN=box-a,OU=boxes");
    for (RemoteProvider peer :
        List.of(
            peer(stranger, "localhost", Optional.empty()),
            peer(own, "localhost", Optional.of("other-hub")))) {
      InferenceException e =
          assertThrows(InferenceException.class, () -> ask(peer, chat(List.of())));
      assertEquals(Kind.PROVIDER_FAILED, e.kind());
    }
    assertEquals(List.of(), hub.local.attempts());
  }

  /** The hub's certificate is of "box", for localhost and 127.0.0.1. */
  @Test
  void nameInTheCertificateCountsWhereTheHostIsAnother() throws Exception {
    TestAuthority.Credential own = device("CN=box-a,OU=boxes");
    assertEquals("Hello", ask(peer(own, "127.0.0.1", Optional.of("BOX")), chat(List.of())));
    assertEquals("Hello", ask(peer(own, "127.0.0.1", Optional.of("localhost")), chat(List.of())));
    InferenceException e =
        assertThrows(
            InferenceException.class,
            () -> ask(peer(own, "127.0.0.2", Optional.empty()), chat(List.of())));
    assertEquals(Kind.PROVIDER_FAILED, e.kind());
  }
}
