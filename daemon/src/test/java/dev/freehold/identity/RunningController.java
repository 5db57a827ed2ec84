package dev.freehold.identity;

import dev.freehold.controller.Controller;
import dev.freehold.controller.ControllerSettings;
import dev.freehold.controller.operator.OperatorClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A real controller in this process, on loopback, with its operator. */
public final class RunningController implements AutoCloseable {

  private final Controller controller;
  private final OperatorClient operator;

  private RunningController(Controller controller, OperatorClient operator) {
    this.controller = controller;
    this.operator = operator;
  }

  public static RunningController start(Path state) throws Exception {
    return start(state, 0);
  }

  public static RunningController start(Path state, int port) throws Exception {
    Controller controller =
        Controller.start(
            new ControllerSettings(
                state,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                List.of(),
                ControllerSettings.DEFAULT_TENANT,
                Clock.systemUTC()));
    return new RunningController(controller, OperatorClient.open(controller.operatorFolder()));
  }

  public Controller controller() {
    return controller;
  }

  public OperatorClient operator() {
    return operator;
  }

  public String token(String serial) throws Exception {
    return operator.createToken(serial, Duration.ofMinutes(10));
  }

  public EnrolmentRequest request(String serial, String token) {
    return new EnrolmentRequest(controller.url(), controller.pin(), serial, token);
  }

  public Identity enrol(Path folder, String serial) throws Exception {
    return Enrolment.enrol(folder, request(serial, token(serial)), Clock.systemUTC());
  }

  /** Publishes a policy for a site of that name. */
  public long publish(String site) throws Exception {
    return operator.publish(
        """
        site: %s
        models:
          assistant: {catalogue: smollm2-135m}
        providers:
          local: {kind: engine}
        clients:
          website: {label: public}
        routes:
          - {name: usual, use: [local]}
        """
            .formatted(site),
        Map.of());
  }

  @Override
  public void close() {
    operator.close();
    controller.close();
  }
}
