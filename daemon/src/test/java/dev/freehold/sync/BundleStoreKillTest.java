package dev.freehold.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.VersionFloor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Killed at any instant, the box has the old bundle or the new one, whole. */
final class BundleStoreKillTest {

  private static final int ROUNDS = 6;
  private static final int BUNDLE_BYTES = 300_000;

  @TempDir Path folder;

  @Test
  void killAtAnyInstantLeavesOldOrNewWhole() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long last = 0;
    for (int round = 0; round < ROUNDS; round++) {
      last = killDuringWrites(last, random, seed);
    }
    assertTrue(last > ROUNDS, "the child wrote too little to say anything; seed " + seed);
  }

  @Test
  void killBetweenStageAndSwapLeavesTheOld() throws Exception {
    BundleStore store = BundleStore.open(folder.resolve("bundle"));
    store.commit(store.stage(bundle(1)), floor(1));
    store.stage(bundle(2));

    BundleStore reopened = BundleStore.open(folder.resolve("bundle"));

    assertEquals(1, versionOf(reopened.current().orElseThrow()));
    assertEquals(floor(1), reopened.floor());
    reopened.commit(reopened.stage(bundle(3)), floor(3));
    assertEquals(3, versionOf(reopened.current().orElseThrow()));
    assertEquals(1, versionOf(reopened.previous().orElseThrow()));
  }

  private long killDuringWrites(long last, Random random, long seed) throws Exception {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.resolve("bundle").toString(),
                Long.toString(last))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      long committed = last;
      int commits = 2 + random.nextInt(20);
      for (int i = 0; i < commits; i++) {
        committed = Long.parseLong(out.readLine());
      }
      // Somewhere inside the next commit.
      long until = System.nanoTime() + random.nextInt(5_000_000);
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      child.destroyForcibly().waitFor();

      BundleStore store = BundleStore.open(folder.resolve("bundle"));
      long current = versionOf(store.current().orElseThrow());
      assertTrue(current >= committed, "version " + committed + " was lost; seed " + seed);
      assertTrue(store.floor().version() <= current, "the floor is ahead; seed " + seed);
      assertTrue(store.floor().version() >= committed, "the floor fell; seed " + seed);
      if (Files.exists(folder.resolve("bundle/previous"))) {
        versionOf(store.previous().orElseThrow());
      }
      return current;
    }
  }

  /** Every byte of a version's bundle is its number: a mixture of two shows. */
  private static byte[] bundle(long version) {
    byte[] bytes = new byte[BUNDLE_BYTES];
    Arrays.fill(bytes, (byte) version);
    byte[] number = Long.toString(version).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(number, 0, bytes, 0, number.length);
    bytes[number.length] = ';';
    return bytes;
  }

  private static long versionOf(byte[] bytes) {
    int end = 0;
    while (bytes[end] != ';') {
      end++;
    }
    long version = Long.parseLong(new String(bytes, 0, end, StandardCharsets.UTF_8));
    assertTrue(Arrays.equals(bundle(version), bytes), "version " + version + " is not whole");
    return version;
  }

  private static VersionFloor floor(long version) {
    return new VersionFloor(1, version, "sha-" + version);
  }

  /** The process that is killed: it commits one version after another and says each. */
  static final class Writer {

    private Writer() {}

    public static void main(String[] arguments) throws Exception {
      BundleStore store = BundleStore.open(Path.of(arguments[0]));
      long version = Long.parseLong(arguments[1]);
      while (true) {
        version++;
        store.commit(store.stage(bundle(version)), floor(version));
        System.out.println(version);
        System.out.flush();
      }
    }
  }
}
