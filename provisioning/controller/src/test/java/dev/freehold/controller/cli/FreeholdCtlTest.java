package dev.freehold.controller.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.controller.Controller;
import dev.freehold.controller.ControllerSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands as an operator types them, against a running controller. */
final class FreeholdCtlTest {

  private static final String POLICY =
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

  @TempDir static Path folder;

  private static Controller controller;

  @BeforeAll
  static void start() throws Exception {
    controller =
        Controller.start(
            new ControllerSettings(
                folder.resolve("state"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(),
                ControllerSettings.DEFAULT_TENANT,
                Clock.systemUTC()));
  }

  @AfterAll
  static void stop() {
    controller.close();
  }

  @Test
  void tokenAloneIsPrinted() {
    Result result = run("token", "create", "--box", "box-1", operator());

    assertEquals(0, result.code, result.err);
    assertTrue(result.out.strip().matches("[A-Za-z0-9_-]{22}"), result.out);
    assertTrue(run("box", "list", operator()).out.contains("box-1"));
    assertTrue(run("audit", operator()).out.contains("token.created"));
  }

  @Test
  void clientGetsWhatItNeedsToAsk() throws Exception {
    Path out = folder.resolve("alice");

    Result result =
        run(
            "client",
            "issue",
            "--name",
            "alice",
            "--group",
            "website",
            "--group",
            "staff",
            "--out",
            out.toString(),
            operator());

    assertEquals(0, result.code, result.err);
    assertEquals(2, Files.readString(out.resolve("client.pem")).split("BEGIN CERT").length - 1);
    assertEquals(1, Files.readString(out.resolve("ca.pem")).split("BEGIN CERT").length - 1);
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve("client.key"))));
  }

  @Test
  void problemsOfAPolicyAreLinesThatEditorsUnderstand() throws Exception {
    Path good = file("good.yaml", POLICY);
    Path bad = file("bad.yaml", POLICY.replace("[local, helvet]}", "[local, helvte]}"));

    Result valid = run("policy", "validate", good.toString());
    assertEquals(0, valid.code, valid.err);
    assertTrue(valid.out.startsWith(good + " is valid."), valid.out);
    Result result = run("policy", "validate", bad.toString());

    assertEquals(1, result.code);
    assertTrue(
        result.err.strip().startsWith(bad + ":12:32: there is no provider \"helvte\""), result.err);
    Result published = run("policy", "publish", bad.toString(), operator());
    assertEquals(result.err, published.err);
  }

  @Test
  void credentialComesFromAFileAndNeverFromTheCommandLine() throws Exception {
    Path policy = file("site.yaml", POLICY);
    Path key = file("helvet.key", "sk-secret\n");

    Result bare =
        run(
            "policy",
            "publish",
            policy.toString(),
            "--credential",
            "helvet-key=sk-secret",
            operator());
    Result published =
        run(
            "policy",
            "publish",
            policy.toString(),
            "--credential",
            "helvet-key=@" + key,
            operator());

    assertEquals(2, bare.code);
    assertFalse(bare.err.contains("sk-secret"), bare.err);
    assertEquals(0, published.code, published.err);
    assertTrue(published.out.strip().matches("[0-9]+"), published.out);
  }

  @Test
  void wrongFolderIsNamed() {
    Result result = run("box", "list", "--operator=" + folder.resolve("nowhere"));

    assertEquals(1, result.code);
    assertTrue(result.err.contains("FREEHOLD_OPERATOR"), result.err);
  }

  @Test
  void commandThatIsNoneShowsHelp() {
    Result result = run("tokens");

    assertEquals(2, result.code);
    assertTrue(result.err.contains("token"), result.err);
  }

  private static String operator() {
    return "--operator=" + controller.operatorFolder();
  }

  private static Path file(String name, String content) throws Exception {
    return Files.writeString(folder.resolve(name), content);
  }

  private static Result run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        FreeholdCtl.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    int code = command.execute(arguments);
    return new Result(code, out.toString(), err.toString());
  }

  private record Result(int code, String out, String err) {}
}
