package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The structs that this side lays out, and their comparison with what the compiled library says of
 * itself: a struct that grew or moved a field must stop the start, not corrupt memory later.
 */
final class Layouts {

  static final StructLayout LLAMA_BATCH =
      MemoryLayout.structLayout(
              JAVA_INT.withName("n_tokens"),
              MemoryLayout.paddingLayout(4),
              ADDRESS.withName("token"),
              ADDRESS.withName("embd"),
              ADDRESS.withName("pos"),
              ADDRESS.withName("n_seq_id"),
              ADDRESS.withName("seq_id"),
              ADDRESS.withName("logits"))
          .withName("llama_batch");

  static final StructLayout LOGIT_BIAS =
      MemoryLayout.structLayout(JAVA_INT.withName("token"), JAVA_FLOAT.withName("bias"))
          .withName("freehold_logit_bias");

  static final StructLayout SAMPLER_PARAMS =
      MemoryLayout.structLayout(
              JAVA_INT.withName("seed"),
              JAVA_FLOAT.withName("temperature"),
              JAVA_INT.withName("top_k"),
              JAVA_FLOAT.withName("top_p"),
              JAVA_FLOAT.withName("min_p"),
              JAVA_FLOAT.withName("typical_p"),
              JAVA_FLOAT.withName("repeat_penalty"),
              JAVA_FLOAT.withName("frequency_penalty"),
              JAVA_FLOAT.withName("presence_penalty"),
              JAVA_INT.withName("penalty_last_n"),
              JAVA_FLOAT.withName("top_n_sigma"),
              JAVA_FLOAT.withName("xtc_probability"),
              JAVA_FLOAT.withName("xtc_threshold"),
              JAVA_FLOAT.withName("dry_multiplier"),
              JAVA_FLOAT.withName("dry_base"),
              JAVA_INT.withName("dry_allowed_length"),
              JAVA_INT.withName("dry_penalty_last_n"),
              JAVA_INT.withName("mirostat"),
              JAVA_FLOAT.withName("mirostat_tau"),
              JAVA_FLOAT.withName("mirostat_eta"),
              JAVA_FLOAT.withName("dynatemp_range"),
              JAVA_FLOAT.withName("dynatemp_exponent"),
              JAVA_INT.withName("min_keep"),
              JAVA_INT.withName("ignore_eos"),
              JAVA_INT.withName("breakers_bytes"),
              JAVA_INT.withName("logit_bias_count"),
              JAVA_INT.withName("grammar_bytes"),
              MemoryLayout.paddingLayout(4),
              ADDRESS.withName("logit_bias"),
              ADDRESS.withName("grammar"),
              ADDRESS.withName("breakers"))
          .withName("freehold_sampler_params");

  static final List<StructLayout> ALL = List.of(LLAMA_BATCH, LOGIT_BIAS, SAMPLER_PARAMS);

  private Layouts() {}

  static long offset(StructLayout struct, String field) {
    return struct.byteOffset(PathElement.groupElement(field));
  }

  /**
   * Every difference between the binding's structs and the library's report, one line each; empty
   * if they agree.
   *
   * @param report lines of "name offset size", a struct's own with offset 0
   */
  static List<String> differences(List<StructLayout> structs, String report) {
    Map<String, Extent> library = parse(report);
    List<String> differences = new ArrayList<>();
    for (StructLayout struct : structs) {
      String name = struct.name().orElseThrow();
      compare(name, new Extent(0, struct.byteSize()), library, differences);
      for (MemoryLayout member : struct.memberLayouts()) {
        member
            .name()
            .ifPresent(
                field ->
                    compare(
                        name + "." + field,
                        new Extent(offset(struct, field), member.byteSize()),
                        library,
                        differences));
      }
    }
    return differences;
  }

  private static void compare(
      String name, Extent ours, Map<String, Extent> library, List<String> differences) {
    Extent theirs = library.get(name);
    if (theirs == null) {
      differences.add("%s: the library does not have it".formatted(name));
    } else if (!theirs.equals(ours)) {
      differences.add("%s: the binding has %s, the library %s".formatted(name, ours, theirs));
    }
  }

  private static Map<String, Extent> parse(String report) {
    Map<String, Extent> extents = new HashMap<>();
    for (String line : report.lines().toList()) {
      String[] part = line.split(" ", -1);
      if (part.length == 3) {
        extents.put(part[0], new Extent(Long.parseLong(part[1]), Long.parseLong(part[2])));
      }
    }
    return extents;
  }

  private record Extent(long offset, long bytes) {
    @Override
    public String toString() {
      return "%d bytes at offset %d".formatted(bytes, offset);
    }
  }
}
