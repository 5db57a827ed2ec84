package dev.freehold.controller;

import dev.freehold.controller.operator.OperatorClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/** Starts controllers on loopback, on a free port, with a state folder of their own. */
final class ControllerFixture {

  static final String POLICY =
      """
      site: zurich-office
      models:
        assistant: {catalogue: smollm2-135m}
      providers:
        local: {kind: engine}
        helvet: {kind: openai, trust: cloud, url: "https://llm.example/v1", credential: helvet-key}
      locality:
        public: [local, cloud]
      clients:
        website: {label: public}
      routes:
        - {name: usual, use: [local, helvet]}
      """;

  static final String LOCAL_POLICY =
      """
      site: zurich-office
      models:
        assistant: {catalogue: smollm2-135m}
      providers:
        local: {kind: engine}
      clients:
        website: {label: public}
      routes:
        - {name: usual, use: [local]}
      """;

  private ControllerFixture() {}

  static Controller start(Path state, Clock clock) throws Exception {
    return Controller.start(
        new ControllerSettings(
            state,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            List.of(),
            ControllerSettings.DEFAULT_TENANT,
            clock));
  }

  static OperatorClient operator(Controller controller) throws Exception {
    return OperatorClient.open(controller.operatorFolder());
  }
}
