package dev.freehold.lifecycle;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How much memory the models may take together, and who must go for another to fit. It counts what
 * models claim; nothing here loads or frees anything.
 *
 * @param bytes the limit
 */
record MemoryBudget(long bytes) {

  /** The part of the machine that is left for models when nobody says how much is. */
  static final double STANDARD_SHARE = 0.75;

  /** What a standard budget never falls below, however large the Java heap may grow. */
  private static final double STANDARD_SHARE_MIN = 0.25;

  private static final double MIB = 1 << 20;
  private static final double GIB = 1 << 30;

  MemoryBudget {
    if (bytes < 1) {
      throw new IllegalArgumentException("a memory budget must be positive, found " + bytes);
    }
  }

  /** Three quarters of the machine's memory (or its container's), less what Java may take. */
  static MemoryBudget standard() {
    long machine =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : Runtime.getRuntime().maxMemory() * 4;
    return standard(machine, Runtime.getRuntime().maxMemory());
  }

  static MemoryBudget standard(long machineBytes, long heapBytes) {
    double share = machineBytes * STANDARD_SHARE - heapBytes;
    return new MemoryBudget(Math.round(Math.max(share, machineBytes * STANDARD_SHARE_MIN)));
  }

  /** Whether another model can be had. */
  sealed interface Verdict {

    /** It fits once these are gone. */
    record Fits(List<Claim> letGo) implements Verdict {

      public Fits {
        letGo = List.copyOf(letGo);
      }
    }

    /** It does not; the figures say why, and what to do. */
    record Refused(String figures) implements Verdict {}
  }

  /**
   * Decides about a model.
   *
   * @param held what stays or may go
   * @param expendable those of them that may go, the first ones first
   */
  Verdict decide(Claim wanted, Collection<Claim> held, List<Claim> expendable) {
    List<Claim> staying = new ArrayList<>(held);
    List<Claim> letGo = new ArrayList<>();
    for (Claim claim : expendable) {
      if (fits(wanted, staying)) {
        break;
      }
      staying.remove(claim);
      letGo.add(claim);
    }
    if (!fits(wanted, staying)) {
      return new Verdict.Refused(figures(wanted, staying));
    }
    // One that went early may be too small to have helped.
    for (Claim claim : List.copyOf(letGo)) {
      staying.add(claim);
      if (fits(wanted, staying)) {
        letGo.remove(claim);
      } else {
        staying.remove(claim);
      }
    }
    return new Verdict.Fits(letGo);
  }

  boolean fits(Claim wanted, Collection<Claim> others) {
    List<Claim> all = new ArrayList<>(others);
    all.add(wanted);
    return Claim.totalBytes(all) <= bytes;
  }

  private String figures(Claim wanted, Collection<Claim> staying) {
    Map<String, Long> users = new LinkedHashMap<>();
    staying.forEach(claim -> users.merge(claim.model(), claim.need().totalBytes(), Long::sum));
    String used =
        users.isEmpty()
            ? "no other model is loaded"
            : "in use are %s (%s)"
                .formatted(
                    text(Claim.totalBytes(staying)),
                    users.entrySet().stream()
                        .map(user -> user.getKey() + " " + text(user.getValue()))
                        .collect(Collectors.joining(", ")));
    return ("the model %s needs %s of memory (weights %s, cache %s, computation %s), but the"
            + " budget is %s and %s: lower a model's context, let one be loaded on demand only, or"
            + " start the box with a larger --memory")
        .formatted(
            wanted.model(),
            text(wanted.need().totalBytes()),
            text(wanted.need().weightsBytes()),
            text(wanted.need().cacheBytes()),
            text(wanted.need().computeBytes()),
            text(bytes),
            used);
  }

  /** A number of bytes as people read it. */
  static String text(long bytes) {
    return bytes < GIB
        ? String.format(Locale.ROOT, "%.0f MiB", bytes / MIB)
        : String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
  }
}
