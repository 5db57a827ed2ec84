package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * schemathesis makes requests out of the document that the box serves, good ones and bad ones, and
 * holds the answers against it.
 *
 * <p>Its check that good data is always accepted is left out: rules between fields (a tool that is
 * named must be there) stand in words in the document, and the daemon's own tests know them by
 * name.
 */
final class SchemathesisSuite {

  private static final String REQUIREMENTS = "schemathesis-requirements.txt";
  private static final List<String> FILES = List.of("schemathesis.toml", "schemathesis_hooks.py");

  private static final String CHECKS =
      String.join(
          ",",
          "not_a_server_error",
          "status_code_conformance",
          "content_type_conformance",
          "response_schema_conformance",
          "response_headers_conformance",
          "negative_data_rejection",
          "unsupported_method",
          "allow_header_conformance");

  /** Above schemathesis' own time, which fuzzing uses to the end. */
  private static final Duration RUN_MAX = Duration.ofMinutes(5);

  private static final Duration FUZZED = Duration.ofSeconds(75);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  /** A small context, so that an answer without a limit ends soon too. */
  private static final String POLICY =
      Policies.LOCAL_ONLY.replace("context: 8192, slots: 8", "context: 1024, slots: 4");

  @Test
  void boxAnswersAsItsDocumentSays() throws IOException, InterruptedException {
    Path folder = Path.of("target/suites/schemathesis").toAbsolutePath();
    try (Site site = Site.withBox(folder, POLICY)) {
      for (String file : FILES) {
        try (InputStream in = SchemathesisSuite.class.getResourceAsStream(file)) {
          Files.copy(in, folder.resolve(file));
        }
      }
      int seed = new SecureRandom().nextInt(Integer.MAX_VALUE);
      System.out.println("schemathesis: seed " + seed);
      Path report = folder.resolve("schemathesis.log");

      int exit = run(site, folder, seed, report);

      assertEquals(0, exit, () -> "seed " + seed + ", " + report + ":\n" + read(report).strip());
    }
  }

  private static int run(Site site, Path folder, int seed, Path report)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command(site, folder, seed))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(report.toFile());
    builder.environment().put("PYTHONPATH", PythonSdk.installed(REQUIREMENTS).folder().toString());
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    builder.environment().put("SCHEMATHESIS_HOOKS", folder.resolve(FILES.get(1)).toString());
    builder.environment().put("FREEHOLD_MODEL", "small");
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(RUN_MAX.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new SiteException("schemathesis did not end. It said:\n" + read(report));
    }
    return process.exitValue();
  }

  /** One worker only: with more, it reports its own generators as flaky. */
  private static List<String> command(Site site, Path folder, int seed) {
    ClientIdentity alice = site.client("alice", "everyone");
    return List.of(
        "python3",
        "-c",
        "from schemathesis.cli import schemathesis; schemathesis()",
        "--config-file",
        folder.resolve(FILES.get(0)).toString(),
        "run",
        site.box().url().replaceFirst("/v1$", "/openapi.json"),
        "--request-cert",
        alice.certificate().toString(),
        "--request-cert-key",
        alice.key().toString(),
        "--tls-verify",
        alice.authority().toString(),
        "--checks",
        CHECKS,
        "--phases",
        "examples,coverage,fuzzing",
        "--continue-on-failure",
        "--seed",
        Integer.toString(seed),
        "--max-time",
        Long.toString(FUZZED.toSeconds()),
        "--request-timeout",
        Long.toString(ANSWER_MAX.toSeconds()),
        "--workers",
        "1",
        "--generation-database",
        "none",
        "--warnings",
        "off",
        "--no-color");
  }

  private static String read(Path report) {
    try {
      return Files.readString(report, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(it cannot be read: " + e + ")";
    }
  }
}
