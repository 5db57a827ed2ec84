package dev.freehold.hardwaretests.firstlight;

import dev.freehold.hardwaretests.site.BoxProcess;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.ControllerProcess;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.ServerProcess;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/**
 * Starts a controller and a box, asks the first question, and stays up for the next.
 *
 * <p>Arguments: the folder to run in, and {@code once=true} to stop after the first answer or
 * {@code once=false} to stay up.
 */
public final class FirstLight implements AutoCloseable {

  private static final String STARTER_MODEL = "qwen2.5-coder-0.5b";
  private static final String SMALL_MODEL = "smollm2-135m";
  private static final String SERIAL = "first-light";
  private static final String QUESTION = "What is the capital of France?";
  private static final String NEXT_QUESTION = "Write a haiku about Zurich.";
  private static final int ANSWER_TOKENS_MAX = 64;

  private final PrintStream out = System.out;
  private final RunFolder folder;
  private final Distribution distribution = Distribution.underTest();
  private final long startedNanos = System.nanoTime();
  private ControllerProcess controller;
  private BoxProcess box;
  private boolean closed;

  private FirstLight(RunFolder folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException {
    if (args.length != 2 || !args[1].matches("once=(true|false)")) {
      System.err.println("usage: FirstLight FOLDER once=true|false");
      System.exit(2);
    }
    boolean once = args[1].equals("once=true");
    int exit;
    try (RunFolder folder = RunFolder.claim(Path.of(args[0]));
        FirstLight firstLight = new FirstLight(folder)) {
      Thread ended = new Thread(firstLight::close, "end-of-first-light");
      Runtime.getRuntime().addShutdownHook(ended);
      firstLight.run(once);
      exit = 0;
    } catch (SiteException e) {
      System.err.println();
      System.err.println("No first light: " + e.getMessage());
      exit = 1;
    }
    System.exit(exit);
  }

  private void run(boolean once) throws IOException {
    String model = fetchModel();
    startController();
    enrolBox();
    publishPolicy(model);
    startBox();
    ClientIdentity client = issueClient();
    ask(client);
    folder.writeClientEnvironment(box.url(), client, "assistant");
    if (once) {
      return;
    }
    sayWhatIsNext(client);
    awaitEnd();
  }

  private String fetchModel() {
    say("Model", STARTER_MODEL);
    if (fetch(STARTER_MODEL)) {
      return STARTER_MODEL;
    }
    say("Model", STARTER_MODEL + " cannot be had (see above); falling back to " + SMALL_MODEL);
    if (fetch(SMALL_MODEL)) {
      return SMALL_MODEL;
    }
    throw new SiteException("neither model can be had; the reasons are above.");
  }

  /** Progress and reasons go to the user's terminal as the command writes them. */
  private boolean fetch(String model) {
    return distribution.runInTerminal("freehold", "models", "fetch", model) == 0;
  }

  private void startController() {
    controller =
        ControllerProcess.start(
            distribution, folder.path("controller"), folder.path("controller.log"));
    say("Controller", controller.url() + ", pinned as " + controller.pin());
  }

  private void enrolBox() {
    box =
        BoxProcess.enrol(
            distribution, controller, SERIAL, folder.path("box"), folder.path("box.log"));
    say("Box", "enrolled as " + SERIAL + " with a one-time token");
  }

  /** The sample names the starter model; the model that could be had takes its place. */
  private void publishPolicy(String model) throws IOException {
    Path policy = folder.path("policy.yaml");
    try (InputStream sample = FirstLight.class.getResourceAsStream("sample-policy.yaml")) {
      String text = new String(sample.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(policy, text.replace(STARTER_MODEL, model));
    }
    String published = controller.publish(policy, Map.of());
    say("Policy", "published as bundle version " + published + ", from " + policy);
  }

  private void startBox() {
    box.start();
    say("Box", "serves " + box.url() + " over mutual TLS, configured by its sealed bundle");
  }

  private ClientIdentity issueClient() {
    ClientIdentity client = controller.issueClient("alice", "everyone", folder.path("client"));
    say("Client", "certificate " + client.certificate());
    return client;
  }

  private void ask(ClientIdentity client) {
    out.println();
    out.println("  > " + QUESTION);
    out.print("  ");
    try (ChatClient chat = new ChatClient(box.url(), client)) {
      ChatClient.Answer answer =
          chat.stream(
              "assistant",
              QUESTION,
              ANSWER_TOKENS_MAX,
              text -> {
                out.print(text);
                out.flush();
              });
      out.println();
      if (answer.text().isBlank()) {
        throw new SiteException("the box answered with nothing. " + box.log() + " may say why.");
      }
      out.println();
      say(
          "Answered",
          String.format(
              Locale.ROOT,
              "by provider %s, request %s, %.1f s after the start",
              answer.provider(),
              answer.requestId(),
              Duration.ofNanos(System.nanoTime() - startedNanos).toMillis() / 1000.0));
    }
  }

  private void sayWhatIsNext(ClientIdentity client) {
    out.println();
    out.println("Ask the next one from another terminal:");
    out.println();
    out.println(CurlCommand.streaming(box.url(), client, "assistant", NEXT_QUESTION));
    out.println();
    out.println("For an SDK: set -a; . " + folder.path("client.env") + "; set +a");
    out.println("Logs: " + box.log() + ", " + folder.path("controller.log"));
    out.println("Ctrl-C ends it.");
    out.flush();
  }

  /** Waits for the user's signal, which ends the processes: one that ends before that failed. */
  private void awaitEnd() {
    ServerProcess ended = ServerProcess.awaitFirstEnd(box.process(), controller.process());
    synchronized (this) {
      if (!closed) {
        throw new SiteException(ended + " ended by itself. It said:\n" + ended.logTail());
      }
    }
  }

  private void say(String what, String text) {
    out.printf("%-11s %s%n", what, text);
    out.flush();
  }

  /** Takes the site down, box first, in the reverse order of its start. Called once or twice. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    folder.forgetClientEnvironment();
    if (box != null) {
      box.close();
    }
    if (controller != null) {
      controller.close();
    }
  }
}
