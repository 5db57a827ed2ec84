package dev.freehold.controller;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import dev.freehold.controller.api.ControllerServer;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.enrolment.Enrolment;
import dev.freehold.controller.enrolment.EnrolmentTokens;
import dev.freehold.controller.fleet.Heartbeats;
import dev.freehold.controller.publishing.PublicationHints;
import dev.freehold.controller.publishing.Publisher;
import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.ControllerStore;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** One running controller. Closing it stops in the reverse of the order in which it started. */
public final class Controller implements AutoCloseable {

  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final Path state;
  private URI url;
  private SpkiPin pin;

  private Controller(Path state) {
    this.state = state;
  }

  /**
   * Starts a controller and returns once it listens.
   *
   * @throws IOException if its folder cannot be used; the message says why
   */
  public static Controller start(ControllerSettings settings) throws IOException {
    Controller controller = new Controller(settings.state());
    try {
      controller.run(settings);
      return controller;
    } catch (IOException | RuntimeException e) {
      controller.closeAfter(e);
      throw e;
    }
  }

  /** The phases of a start. */
  private void run(ControllerSettings settings) throws IOException {
    DurableFiles.createPrivateFolder(state);
    running.push(lock());
    boolean first = !Files.isDirectory(state.resolve("authority"));
    Authority authority =
        Authority.openOrCreate(state.resolve("authority"), settings.tenant(), settings.clock());
    pin = authority.pin();
    ControllerStore store = ControllerStore.open(state.resolve("store"));
    running.push(store);
    if (first) {
      store.audit(
          new AuditEntry(
              settings.clock().instant(), "controller", "authority.created", authority.tenant()));
    }
    PublicationHints hints = new PublicationHints();
    Publisher publisher =
        Publisher.open(authority, store, hints, state.resolve("bundle-version"), settings.clock());
    ServerNames names = ServerNames.of(settings);
    EnrolmentTokens tokens = new EnrolmentTokens(store, settings.clock());
    Enrolment enrolment = new Enrolment(authority, store, tokens, names.all(), settings.clock());
    ControllerServer server =
        ControllerServer.start(
            settings.listen(),
            authority.newServer(names.urlHost(), names.alternativeNames()),
            new ControllerServer.Services(
                authority,
                store,
                tokens,
                enrolment,
                publisher,
                hints,
                new Heartbeats(store, settings.clock()),
                settings.clock()));
    running.push(server);
    // Before the server: whoever listens for hints holds a request open.
    running.push(hints);
    url = URI.create(names.url(server.port()));
    OperatorFiles.write(operatorFolder(), authority, url.toString(), settings.clock());
    announce();
  }

  /** Where boxes and operators reach it. */
  public URI url() {
    return url;
  }

  /** What a box is told so that it knows this controller. */
  public SpkiPin pin() {
    return pin;
  }

  /** The operator's key, certificate and address, for {@code freeholdctl --operator}. */
  public Path operatorFolder() {
    return state.resolve("operator");
  }

  @Override
  public void close() {
    closeAfter(null);
  }

  private synchronized void closeAfter(Throwable failure) {
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        if (failure != null) {
          failure.addSuppressed(e);
        } else {
          System.getLogger(Controller.class.getName())
              .log(System.Logger.Level.WARNING, "Closing failed: {0}", e.getClass().getName());
        }
      }
    }
  }

  /** For whoever started this process: written when it listens, gone when it stops. */
  private void announce() throws IOException {
    Path ready = state.resolve("ready.json");
    Map<String, Object> content =
        Map.of("url", url.toString(), "pin", pin.toString(), "pid", ProcessHandle.current().pid());
    DurableFiles.write(
        ready, new ObjectMapper().writeValueAsString(content) + "\n", Access.OWNER_ONLY);
    running.push(() -> Files.deleteIfExists(ready));
  }

  /** Two controllers on one folder would each issue and publish without the other. */
  private AutoCloseable lock() throws IOException {
    FileChannel channel =
        FileChannel.open(
            state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Said below.
    }
    channel.close();
    throw new IOException(
        "Another controller runs on " + state + ". Stop it, or give this one its own --state.");
  }
}
