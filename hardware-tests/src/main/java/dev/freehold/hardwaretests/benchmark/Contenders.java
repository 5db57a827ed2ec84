package dev.freehold.hardwaretests.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.PinnedPackages;
import dev.freehold.hardwaretests.site.ServerProcess;
import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mock and all ways to it, each a process of its own: straight; through a box of a real site,
 * over mutual TLS, with its local model loaded and all of its work on; through Portkey's gateway
 * and through LiteLLM, over plain HTTP.
 */
final class Contenders implements AutoCloseable {

  private static final String KEY = "sk-mock-0f5e1c";
  private static final String MODEL = "qwen2.5-coder-0.5b";
  private static final String PORTKEY_SCRIPT =
      "node_modules/@portkey-ai/gateway/build/start-server.js";
  private static final String LITELLM_KEY = "sk-benchmark";

  /** LiteLLM needs half a minute on a quiet machine. */
  private static final Duration START_MAX = Duration.ofMinutes(3);

  private final Path folder;
  private final List<AutoCloseable> started = new ArrayList<>();
  private final List<Contender> all = new ArrayList<>();

  private Contenders(Path folder) {
    this.folder = folder;
  }

  /** Installs, starts and tries everyone, in a folder that is emptied first. */
  static Contenders start(Path folder) throws IOException {
    Contenders contenders = new Contenders(folder.toAbsolutePath().normalize());
    try {
      Site site = Site.start(contenders.folder);
      contenders.started.add(site);
      int mockPort = contenders.startMock();
      contenders.startBox(site, mockPort);
      contenders.startPortkey(mockPort);
      contenders.startLiteLlm(mockPort);
      return contenders;
    } catch (IOException | RuntimeException e) {
      contenders.close();
      throw e;
    }
  }

  Contender direct() {
    return all.getFirst();
  }

  Contender ours() {
    return all.get(1);
  }

  /** In the order of their columns. */
  List<Contender> all() {
    return List.copyOf(all);
  }

  private int startMock() {
    Path ready = folder.resolve("mock.json");
    ServerProcess process =
        start(
            "mock",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-classpath",
                System.getProperty("java.class.path"),
                MockUpstream.class.getName(),
                ready.toString()),
            Map.of());
    JsonNode said = process.awaitReady(ready, START_MAX);
    int port = said.required("port").asInt();
    all.add(
        new Contender(
            "direct", loopback(port), Optional.empty(), Map.of(), "http/1.1 200", process));
    return port;
  }

  private void startBox(Site site, int mockPort) throws IOException {
    if (site.distribution().runInTerminal("freehold", "models", "fetch", MODEL) != 0) {
      throw new SiteException("The model " + MODEL + " cannot be had; the reason is above.");
    }
    Path key = folder.resolve("mock.key");
    Files.writeString(key, KEY);
    String policy = new String(resource("gateway-policy.yaml"), StandardCharsets.UTF_8);
    site.publish(policy.replace("MOCK", loopback(mockPort).toString()), Map.of("mock-key", key));
    site.enrolBox("box-1").start();
    ClientIdentity client = site.client("shop", "website");
    askLocalModel(site);
    all.add(
        new Contender(
            "Freehold",
            URI.create(site.box().url()),
            Optional.of(client.sslContext()),
            Map.of(),
            "freehold-provider: mock",
            site.box().process()));
  }

  /** Loads the local model, as an office would have it: it then counts each prompt's tokens. */
  private static void askLocalModel(Site site) {
    try (ChatClient chat = site.chat("ruth", "legal")) {
      ChatClient.Reply reply = chat.ask("assistant", "Say hello.", 8);
      if (!reply.provider().equals("local")) {
        throw new SiteException("Expected an answer of the local model: " + reply.body());
      }
    }
  }

  private void startPortkey(int mockPort) throws IOException {
    Path packages =
        PinnedPackages.npm(resource("portkey/package.json"), resource("portkey/package-lock.json"));
    int port = freePort();
    ServerProcess process =
        start(
            "portkey",
            List.of(
                "node",
                packages.resolve(PORTKEY_SCRIPT).toString(),
                "--port=" + port,
                "--headless"),
            Map.of());
    awaitListening(process, port);
    all.add(
        new Contender(
            "Portkey",
            loopback(port),
            Optional.empty(),
            Map.of(
                "Authorization",
                "Bearer " + KEY,
                "x-portkey-provider",
                "openai",
                "x-portkey-custom-host",
                loopback(mockPort).toString()),
            "x-portkey-provider: openai",
            process));
  }

  private void startLiteLlm(int mockPort) throws IOException {
    Path packages = PinnedPackages.python(resource("litellm-requirements.txt"));
    Path config = folder.resolve("litellm.yaml");
    Files.writeString(
        config,
        """
        model_list:
          - model_name: assistant
            litellm_params: {model: openai/assistant, api_base: "%s", api_key: %s}
        general_settings: {master_key: %s}
        """
            .formatted(loopback(mockPort), KEY, LITELLM_KEY));
    int port = freePort();
    ServerProcess process =
        start(
            "litellm",
            List.of(
                "python3",
                packages.resolve("bin/litellm").toString(),
                "--config",
                config.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port)),
            Map.of(
                "PYTHONPATH",
                packages.toString(),
                "PYTHONDONTWRITEBYTECODE",
                "1",
                "LITELLM_LOG",
                "ERROR",
                "LITELLM_LOCAL_MODEL_COST_MAP",
                "True"));
    awaitListening(process, port);
    all.add(
        new Contender(
            "LiteLLM",
            loopback(port),
            Optional.empty(),
            Map.of("Authorization", "Bearer " + LITELLM_KEY),
            "x-litellm-version",
            process));
  }

  private ServerProcess start(String name, List<String> command, Map<String, String> environment) {
    ServerProcess process =
        ServerProcess.start(name, command, environment, folder.resolve(name + ".log"));
    started.add(process);
    return process;
  }

  private static void awaitListening(ServerProcess process, int port) {
    Await.until(
        process + " to listen on port " + port,
        START_MAX,
        () -> {
          process.requireAlive();
          try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Optional.of(socket.isConnected());
          } catch (IOException e) {
            return Optional.empty();
          }
        });
  }

  /** The peers cannot choose one by themselves and tell it. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static URI loopback(int port) {
    return URI.create("http://127.0.0.1:" + port + "/v1");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Contenders.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  @Override
  public void close() {
    for (AutoCloseable one : started.reversed()) {
      try {
        one.close();
      } catch (Exception e) {
        System.err.println("Could not be ended: " + e);
      }
    }
  }
}
