package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.abuse.AbuseRules;
import dev.freehold.abuse.Event;
import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.Suspect;
import dev.freehold.abuse.Watch;
import dev.freehold.api.cli.QuarantineCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Who is shut out, as the box's operator sees it. */
class QuarantineCommandTest {

  private static final Suspect.Client ALICE = new Suspect.Client("alice", "CN=clients");

  @TempDir Path folder;
  private TestBox box;
  private Quarantine quarantine;
  private ControlServer control;

  @BeforeEach
  void start() throws IOException {
    box = new TestBox(folder.resolve("store"));
    quarantine = Quarantine.open(folder.resolve("quarantine.json"), InstantSource.system());
    control =
        ControlServer.start(
            folder.resolve("freehold.sock"), box.router, box.ledger, quarantine, Map::of);
  }

  @AfterEach
  void stop() {
    control.close();
    box.close();
  }

  @Test
  void operatorSeesWhoIsShutOutAndLetsThemIn() {
    Watch watch = new Watch(AbuseRules.defaults(), quarantine, InstantSource.system());
    for (int i = 0; i <= AbuseRules.LOGPROBS_MAX; i++) {
      watch.seen(new Event.Prompted(ALICE, 1, 1, true));
    }

    String list = run(0, "list", "--state", folder.toString());
    assertTrue(list.contains("alice") && list.contains("logprobs"), list);
    assertTrue(list.contains("2001 requests for probabilities in 60 min"), list);
    String json = run(0, "list", "--json", "--state", folder.toString());
    assertTrue(json.contains("\"issuer\" : \"CN=clients\""), json);

    run(0, "release", "alice", "--state", folder.toString());

    assertTrue(quarantine.check(ALICE).isEmpty());
    String again = run(1, "release", "alice", "--state", folder.toString());
    assertTrue(again.contains("nobody of this name"), again);
    run(2, "--state", folder.toString());
  }

  private static String run(int code, String... arguments) {
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed, true);
    int found =
        new CommandLine(new QuarantineCommand()).setOut(writer).setErr(writer).execute(arguments);
    assertEquals(code, found, printed.toString());
    return printed.toString();
  }
}
