package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random logs verify, and a random change of one never does. */
final class ReceiptPropertiesTest {

  private static final int LOGS = 12;
  private static final int CHANGES = 25;
  private static final List<Label> LABELS = List.of(Label.values());
  private static final List<TrustClass> TRUSTS = List.of(TrustClass.values());

  @TempDir Path folder;

  @Test
  void randomLogVerifiesAndNoChangeOfItDoes() throws Exception {
    long seed = System.nanoTime();
    System.out.println("ReceiptPropertiesTest seed " + seed);
    Random random = new Random(seed);
    TestTenant tenant = TestTenant.open(folder.resolve("authority"));
    for (int i = 0; i < LOGS; i++) {
      Path place = folder.resolve("log-" + i);
      SignedHead held = write(place, tenant, random);
      ReceiptVerifier verifier = ReceiptVerifier.under(tenant.pin()).holding(held);
      List<String> lines = new ArrayList<>();
      int[] openRequests = {0};
      Verdict verdict =
          verifier.verify(
              ReceiptSource.of(place),
              receipt -> {
                lines.add(receipt.toJson());
                openRequests[0] += receipt.entry() instanceof Decision ? 1 : 0;
                openRequests[0] -= receipt.entry() instanceof Outcome ? 1 : 0;
              });
      assertInstanceOf(Verdict.Intact.class, verdict, verdict + "; seed " + seed);
      assertEquals(0, openRequests[0], "each decision has one outcome; seed " + seed);
      for (int change = 0; change < CHANGES; change++) {
        List<String> changed = new ArrayList<>(lines);
        String what = change(changed, random);
        Verdict after = verifier.verify(source(changed));
        assertTrue(after instanceof Verdict.Broken, what + " passed; seed " + seed);
      }
    }
  }

  /** Several starts of one box, of which each but the last leaves requests open. */
  private static SignedHead write(Path place, TestTenant tenant, Random random) throws IOException {
    SteppingClock clock = new SteppingClock(TestTenant.START);
    DeviceSigner signer = tenant.device("mini-7");
    int starts = 1 + random.nextInt(4);
    SignedHead last = null;
    for (int start = 0; start <= starts; start++) {
      try (ReceiptLog log = ReceiptLog.open(place, signer, clock, 2_000 + random.nextInt(20_000))) {
        int requests = start == starts ? 0 : 1 + random.nextInt(15);
        for (int i = 0; i < requests; i++) {
          request(log, "s" + start + "-" + i, random);
          clock.step(Duration.ofMillis(random.nextInt(5_000)));
          switch (random.nextInt(12)) {
            case 0 -> log.signedHead();
            case 1 -> clock.step(Duration.ofMinutes(-random.nextInt(30)));
            case 2 -> clock.step(Duration.ofDays(1));
            case 3 -> {
              signer = tenant.device("mini-7");
              log.renew(signer);
            }
            default -> {
              // Most requests follow each other.
            }
          }
        }
        last = log.signedHead();
      }
    }
    return last;
  }

  private static void request(ReceiptLog log, String id, Random random) throws IOException {
    Label label = LABELS.get(random.nextInt(LABELS.size()));
    TrustClass trust = TRUSTS.get(random.nextInt(TRUSTS.size()));
    log.append(TestEntries.decision(id, label, TrustClass.LOCAL, trust));
    if (trust != TrustClass.LOCAL) {
      for (int i = random.nextInt(3); i > 0; i--) {
        log.append(TestEntries.attempt(id, trust, random.nextInt(5_000), random.nextInt(9_000)));
      }
    }
    if (random.nextInt(5) > 0) {
      log.append(TestEntries.outcome(id, label, trust, random.nextInt(5_000)));
    }
  }

  private static String change(List<String> lines, Random random) {
    int at = random.nextInt(lines.size());
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] line = lines.get(at).getBytes(StandardCharsets.ISO_8859_1);
        int index = random.nextInt(line.length);
        line[index] ^= (byte) (1 << random.nextInt(8));
        lines.set(at, new String(line, StandardCharsets.ISO_8859_1));
        yield "a flipped bit in byte " + index + " of line " + (at + 1);
      }
      case 1 -> {
        // The last line is the held head itself: what it covers is there without it.
        int index = Math.min(at, lines.size() - 2);
        lines.remove(index);
        yield "a deletion of line " + (index + 1);
      }
      case 2 -> {
        int other = (at + 1 + random.nextInt(lines.size() - 1)) % lines.size();
        Collections.swap(lines, at, other);
        yield "a swap of lines " + (at + 1) + " and " + (other + 1);
      }
      case 3 -> {
        lines.add(at, lines.get(random.nextInt(lines.size())));
        yield "an insertion at line " + (at + 1);
      }
      default -> {
        lines.subList(Math.min(at, lines.size() - 2), lines.size()).clear();
        yield "a cut at line " + (at + 1);
      }
    };
  }

  private static ReceiptSource source(List<String> lines) {
    byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    return ReceiptSource.of(new ByteArrayInputStream(text), "export");
  }
}
