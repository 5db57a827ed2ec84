package dev.freehold.models.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A safetensors file, mapped: eight bytes that give the length of a JSON header, the header, then
 * the tensors' bytes. What the header claims is checked against the file before anything is read:
 * the tensors must cover the rest of the file exactly, with neither gap nor overlap, as the format
 * demands.
 */
final class SafetensorsFile {

  /** The format's own bound is 100 MB; a header of a model that runs here has some kilobytes. */
  static final long HEADER_BYTES_MAX = 16L << 20;

  static final int DIMENSIONS_MAX = 8;

  private static final int LENGTH_BYTES = 8;
  private static final int NESTING_MAX = 8;
  private static final String METADATA = "__metadata__";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, true)
          .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, true)
          .build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(NESTING_MAX).build());
  }

  private final Map<String, Tensor> tensors;

  /**
   * One tensor.
   *
   * @param type what the format calls dtype, such as {@code F32}
   * @param shape the extent whose neighbours are adjacent comes last
   * @param bytes little-endian numbers
   */
  record Tensor(String name, String type, List<Long> shape, MemorySegment bytes) {}

  private SafetensorsFile(Map<String, Tensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * Maps a file.
   *
   * @param arena how long the tensors' bytes can be read
   */
  static SafetensorsFile map(Path file, Arena arena) throws IOException, CheckpointException {
    try (FileChannel channel = FileChannel.open(file)) {
      return new SafetensorsFile(
          read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)));
    }
  }

  Set<String> names() {
    return tensors.keySet();
  }

  Optional<Tensor> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  private static Map<String, Tensor> read(MemorySegment all) throws CheckpointException {
    if (all.byteSize() < LENGTH_BYTES) {
      throw new CheckpointException(
          "Expected a safetensors file, found only " + all.byteSize() + " bytes.");
    }
    long headerBytes =
        all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (headerBytes < 2 || headerBytes > HEADER_BYTES_MAX) {
      throw new CheckpointException(
          "Expected a safetensors header of 2 to %d bytes, found that the file claims %s."
              .formatted(HEADER_BYTES_MAX, Long.toUnsignedString(headerBytes)));
    }
    if (headerBytes > all.byteSize() - LENGTH_BYTES) {
      throw new CheckpointException(
          "The safetensors file is cut off: expected a header of %d bytes, found %d."
              .formatted(headerBytes, all.byteSize() - LENGTH_BYTES));
    }
    JsonNode header = parse(all.asSlice(LENGTH_BYTES, headerBytes));
    MemorySegment data = all.asSlice(LENGTH_BYTES + headerBytes);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<Extent> extents = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals(METADATA)) {
        Extent extent = extent(entry.getKey(), entry.getValue(), data.byteSize());
        extents.add(extent);
        tensors.put(entry.getKey(), tensor(extent, entry.getValue(), data));
      }
    }
    requireCovered(extents, data.byteSize());
    return Collections.unmodifiableMap(tensors);
  }

  private static JsonNode parse(MemorySegment header) throws CheckpointException {
    try {
      JsonNode parsed = JSON.readTree(header.toArray(ValueLayout.JAVA_BYTE));
      if (!parsed.isObject()) {
        throw new CheckpointException(
            "Expected a JSON object as safetensors header, found " + parsed.getNodeType() + ".");
      }
      return parsed;
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "The safetensors header is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException("The safetensors header cannot be read: " + e, e);
    }
  }

  private record Extent(String name, long begin, long end) {}

  private static Extent extent(String name, JsonNode entry, long dataBytes)
      throws CheckpointException {
    JsonNode offsets = entry.path("data_offsets");
    if (offsets.size() != 2
        || !offsets.path(0).isIntegralNumber()
        || !offsets.path(1).isIntegralNumber()) {
      throw new CheckpointException(
          "Tensor " + name + ": expected two data_offsets, found " + offsets + ".");
    }
    long begin = offsets.path(0).canConvertToLong() ? offsets.path(0).longValue() : -1;
    long end = offsets.path(1).canConvertToLong() ? offsets.path(1).longValue() : -1;
    if (begin < 0 || end < begin || end > dataBytes) {
      throw new CheckpointException(
          "Tensor %s: expected data_offsets within the %d bytes of data, found %s."
              .formatted(name, dataBytes, offsets));
    }
    return new Extent(name, begin, end);
  }

  private static Tensor tensor(Extent extent, JsonNode entry, MemorySegment data)
      throws CheckpointException {
    String name = extent.name();
    String type = entry.path("dtype").asText();
    long size = numberBytes(name, type);
    JsonNode shapeNode = entry.path("shape");
    if (!shapeNode.isArray() || shapeNode.size() > DIMENSIONS_MAX) {
      throw new CheckpointException(
          "Tensor %s: expected a shape of at most %d extents, found %s."
              .formatted(name, DIMENSIONS_MAX, shapeNode));
    }
    List<Long> shape = new ArrayList<>();
    for (JsonNode node : shapeNode) {
      if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
        throw new CheckpointException(
            "Tensor " + name + ": expected counts as shape, found " + shapeNode + ".");
      }
      shape.add(node.longValue());
      try {
        size = Math.multiplyExact(size, node.longValue());
      } catch (ArithmeticException _) {
        throw new CheckpointException("Tensor " + name + " overflows: shape " + shapeNode + ".");
      }
    }
    if (size != extent.end() - extent.begin()) {
      throw new CheckpointException(
          "Tensor %s: expected %d bytes for %s of %s, found data_offsets that hold %d."
              .formatted(name, size, shape, type, extent.end() - extent.begin()));
    }
    return new Tensor(name, type, List.copyOf(shape), data.asSlice(extent.begin(), size));
  }

  private static long numberBytes(String name, String type) throws CheckpointException {
    return switch (type) {
      case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2" -> 1;
      case "U16", "I16", "F16", "BF16" -> 2;
      case "U32", "I32", "F32" -> 4;
      case "U64", "I64", "F64" -> 8;
      default ->
          throw new CheckpointException(
              "Tensor " + name + ": expected a number type of the format, found \"" + type + "\".");
    };
  }

  private static void requireCovered(List<Extent> extents, long dataBytes)
      throws CheckpointException {
    extents.sort(Comparator.comparingLong(Extent::begin).thenComparingLong(Extent::end));
    long covered = 0;
    String before = "the header";
    for (Extent extent : extents) {
      if (extent.begin() != covered) {
        throw new CheckpointException(
            "Tensor %s: expected to begin at %d, where %s ends, found %d: the file has %s."
                .formatted(
                    extent.name(),
                    covered,
                    before,
                    extent.begin(),
                    extent.begin() < covered ? "tensors that overlap" : "a gap"));
      }
      covered = extent.end();
      before = extent.name();
    }
    if (covered != dataBytes) {
      throw new CheckpointException(
          "Expected tensors for all %d bytes of data, found that they end at %d."
              .formatted(dataBytes, covered));
    }
  }
}
