package dev.freehold.lifecycle;

import dev.freehold.bundle.SpkiPin;
import dev.freehold.identity.Enrolment;
import dev.freehold.identity.EnrolmentRequest;
import dev.freehold.identity.Identity;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Proves to a controller who this box is, and gets its certificate. */
@Command(
    name = "enrol",
    mixinStandardHelpOptions = true,
    description = {
      "Enrols this box: makes its keys, proves itself by a one-time token and gets its"
          + " certificate.",
      "",
      "The token is made by the operator: freeholdctl token create --box SERIAL",
      "The pin is what the controller printed when it started; it is checked before the token is",
      "sent, so that no one else can collect it."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:enrolled", "1:refused or unreachable; the reason is printed"})
final class EnrolCommand implements Callable<Integer> {

  /** A token in a file does not show in the list of processes. */
  static final class Token {
    @Option(names = "--token", paramLabel = "TOKEN", description = "The one-time token.")
    private String text;

    @Option(names = "--token-file", paramLabel = "FILE", description = "The file that holds it.")
    private Path file;

    private String read() throws IOException {
      return (text != null ? text : Files.readString(file)).strip();
    }
  }

  @Option(
      names = "--state",
      required = true,
      paramLabel = "DIR",
      description = "The box's state folder; made if it is not there.")
  private Path state;

  @Option(
      names = "--controller",
      required = true,
      paramLabel = "URL",
      description = "The controller's address, as in https://controller.example:8643")
  private URI controller;

  @Option(
      names = "--pin",
      required = true,
      paramLabel = "PIN",
      description = "The controller's key, as sha256:…")
  private String pin;

  @Option(
      names = "--serial",
      required = true,
      paramLabel = "SERIAL",
      description = "This box's serial, which the token was made for.")
  private String serial;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Token token;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    EnrolmentRequest request =
        new EnrolmentRequest(controller, SpkiPin.parse(pin), serial, token.read());
    Identity identity = Enrolment.enrol(state.resolve("identity"), request, Clock.systemUTC());
    spec.commandLine()
        .getOut()
        .println(
            "enrolled as %s of tenant %s, certificate valid until %s"
                .formatted(
                    identity.serial(),
                    identity.tenant(),
                    identity.certificate().getNotAfter().toInstant()));
    return 0;
  }
}
