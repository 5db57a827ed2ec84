package dev.freehold.hardwaretests.underfault;

import dev.freehold.hardwaretests.site.Command;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocketFactory;

/**
 * A site whose box has a provider of every kind of API, each on a bad day, beside one that is not
 * there and one that nobody trusts; its logs tell all that they can.
 */
final class TroubledSite implements AutoCloseable {

  private static final Duration ANSWER_MAX = Duration.ofMinutes(2);
  private static final Duration COMMAND_MAX = Duration.ofSeconds(30);
  private static final String STORE_PASSWORD = "changeit";

  /** Whatever a logger of ours has to say; those of libraries say what the product lets them. */
  private static final String LOGGING =
      """
      handlers = java.util.logging.ConsoleHandler
      java.util.logging.ConsoleHandler.level = ALL
      .level = ALL
      dev.freehold.level = ALL
      """;

  private static final String POLICY =
      """
      site: troubled
      models: {small: {catalogue: smollm2-135m, context: 4096, slots: 8}}
      providers:
        local: {kind: engine}
      OUTSIDE
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site, sovereign]
        public:       [local, site, sovereign, cloud]
      clients:
        secret:   {label: restricted}
        legal:    {label: confidential}
        everyone: {label: internal}
        website:  {label: public}
      detect: {email: confidential, iban: restricted}
      routes:
        - {name: outward, when: "'website' in groups && request.promptTokens % 2 == 0",
           use: [untrusted, gone, google, aws, claude, azure, outside, north, pharia, helvet, vllm], hedge: 150ms}
        - {name: outward-too, when: "'website' in groups",
           use: [claude, azure, gone, outside, aws, google, untrusted, helvet, vllm, pharia, north]}
        - {name: usual, when: "request.promptTokens % 2 == 0",
           use: [claude, helvet, pharia, north, gone, google, aws, azure, untrusted, vllm, rack, local]}
        - {name: other, use: [azure, north, vllm, aws, pharia, outside, helvet, gone, google, claude, rack, local]}
      """;

  private final Site site;
  private final List<FaultyProvider> providers = new ArrayList<>();
  private final FaultyProvider untrusted;
  private final Map<String, HttpClient> clients = new HashMap<>();

  TroubledSite(Path folder, long seed) throws IOException, GeneralSecurityException {
    Path secrets = Files.createTempDirectory("freehold-secrets-");
    Path logging = Files.writeString(secrets.resolve("logging.properties"), LOGGING);
    site = Site.start(folder, "-Djava.util.logging.config.file=" + logging);
    untrusted =
        FaultyProvider.untrusted(
            "untrusted", "cloud", ProviderApi.OPENAI, certificateOfNobody(secrets));
    providers.add(FaultyProvider.plain("vllm", "site", ProviderApi.OPENAI, seed));
    providers.add(FaultyProvider.plain("rack", "site", ProviderApi.COHERE, seed));
    providers.add(FaultyProvider.plain("helvet", "sovereign", ProviderApi.OPENAI, seed));
    providers.add(FaultyProvider.plain("pharia", "sovereign", ProviderApi.ALEPH_ALPHA, seed));
    providers.add(FaultyProvider.plain("north", "sovereign", ProviderApi.COHERE, seed));
    providers.add(FaultyProvider.plain("outside", "cloud", ProviderApi.OPENAI, seed));
    providers.add(FaultyProvider.plain("claude", "cloud", ProviderApi.ANTHROPIC, seed));
    providers.add(FaultyProvider.plain("azure", "cloud", ProviderApi.AZURE_OPENAI, seed));
    providers.add(FaultyProvider.plain("aws", "cloud", ProviderApi.BEDROCK, seed));
    providers.add(FaultyProvider.plain("google", "cloud", ProviderApi.GEMINI, seed));
    site.publish(policy(), credentials(secrets));
    site.enrolBox("box-1").start();
    for (String group : Drawn.GROUPS.keySet()) {
      clients.put(group, site.client("client-of-" + group, group).httpClient());
    }
    try (var files = Files.newDirectoryStream(secrets)) {
      for (Path file : files) {
        if (!file.equals(logging)) {
          Files.delete(file);
        }
      }
    }
  }

  Site site() {
    return site;
  }

  /** Those that can be reached. */
  List<FaultyProvider> providers() {
    return providers;
  }

  /** The one that must never be told anything. */
  FaultyProvider untrusted() {
    return untrusted;
  }

  /** Asks, and reads the answer to its end, however that is. */
  Told ask(Drawn drawn) throws IOException, InterruptedException {
    URI uri = URI.create(site.box().url().replaceFirst("/v1$", "") + drawn.surface().path());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(ANSWER_MAX)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(drawn.body().toString()));
    drawn.headers().forEach(request::header);
    HttpResponse<String> response =
        clients.get(drawn.group()).send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Told(drawn, response.statusCode(), response.headers(), response.body());
  }

  /** Writes what the threads of the box are at, in both forms there are. */
  void dumpThreads(String name) {
    String pid = Long.toString(site.box().process().pid());
    String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    Path folder = site.folder();
    for (List<String> command :
        List.of(
            List.of(jcmd, pid, "Thread.print", "-l", "-e"),
            List.of(
                jcmd,
                pid,
                "Thread.dump_to_file",
                "-overwrite",
                "-format=json",
                folder.resolve(name + ".json").toString()))) {
      String output = Command.run(command, Map.of(), Optional.empty(), COMMAND_MAX);
      if (command.contains("Thread.print")) {
        try {
          Files.writeString(folder.resolve(name + ".txt"), output);
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private String policy() throws IOException {
    StringBuilder specs = new StringBuilder();
    for (FaultyProvider provider : providers) {
      specs.append(spec(provider.name(), provider.trust(), provider.api(), provider.url()));
    }
    specs.append(spec("untrusted", "cloud", ProviderApi.OPENAI, untrusted.url()));
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:%d/v1".formatted(closed.getLocalPort());
      specs.append(spec("gone", "cloud", ProviderApi.OPENAI, url));
    }
    return POLICY.replace("OUTSIDE\n", specs);
  }

  /** Its breaker stays closed, or there would be little to see. */
  private static String spec(String name, String trust, ProviderApi api, String url) {
    return """
      %s: {kind: %s, trust: %s, region: eu-central-1, credential: %s-key, url: "%s",
        timeouts: {connect: 500ms, firstToken: 300ms, idle: 300ms, total: 5s},
        tokensPerSecondMin: 1, breaker: {failures: 1000, openFor: 1s}}
    """
        .formatted(name, api.kind(), trust, name, url);
  }

  private Map<String, Path> credentials(Path folder) throws IOException {
    List<String> names = new ArrayList<>(List.of("untrusted", "gone"));
    providers.forEach(provider -> names.add(provider.name()));
    Map<String, Path> credentials = new HashMap<>();
    for (String name : names) {
      String secret = Canaries.of(Told.CREDENTIAL + name);
      credentials.put(
          name + "-key",
          Files.writeString(
              folder.resolve(name + ".key"),
              name.equals("aws")
                  ? "{\"accessKeyId\":\"%s\",\"secretAccessKey\":\"%s\"}"
                      .formatted(Canaries.of(Told.CREDENTIAL + "Id"), secret)
                  : secret));
    }
    return credentials;
  }

  private static SSLServerSocketFactory certificateOfNobody(Path folder)
      throws IOException, GeneralSecurityException {
    Path file = folder.resolve("nobody.p12");
    Command.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
            "-genkeypair",
            "-alias",
            "nobody",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=127.0.0.1",
            "-ext",
            "san=ip:127.0.0.1",
            "-storetype",
            "PKCS12",
            "-storepass",
            STORE_PASSWORD,
            "-keystore",
            file.toString()),
        Map.of(),
        Optional.empty(),
        COMMAND_MAX);
    KeyStore store = KeyStore.getInstance(file.toFile(), STORE_PASSWORD.toCharArray());
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, STORE_PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context.getServerSocketFactory();
  }

  @Override
  public void close() throws IOException {
    clients.values().forEach(HttpClient::close);
    site.close();
    for (FaultyProvider provider : providers) {
      provider.close();
    }
    untrusted.close();
  }
}
