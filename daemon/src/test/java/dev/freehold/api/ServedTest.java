package dev.freehold.api;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** One LAN server for all tests of a class; its fake providers are as new before each of them. */
abstract class ServedTest {

  static final int BODY_BYTES_MAX = 100_000;

  @TempDir static Path folder;
  static TestBox box;

  @BeforeAll
  static void start() {
    box = new TestBox(folder, BODY_BYTES_MAX);
  }

  @AfterAll
  static void stop() {
    box.close();
  }

  @BeforeEach
  void resetScripts() {
    box.local.answers("Hel", "lo");
    box.remote.answers("far");
    box.local.attempts().clear();
    box.remote.attempts().clear();
    box.clockOffset = Duration.ZERO;
  }
}
