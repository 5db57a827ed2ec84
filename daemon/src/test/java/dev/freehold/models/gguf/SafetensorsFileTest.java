package dev.freehold.models.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SafetensorsFileTest {

  private static final String TWO =
      """
      {"one": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
       "two": {"dtype": "U8", "shape": [2, 2], "data_offsets": [8, 12]}}
      """;
  private static final byte[] TWELVE = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, 1, 2, 3, 4};

  @TempDir private Path folder;

  @Test
  void tensorsAreReadWhereTheHeaderSaysTheyAre() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = map(TinyCheckpoint.safetensors(TWO, TWELVE), arena);
      assertEquals(Set.of("one", "two"), file.names());
      SafetensorsFile.Tensor one = file.tensor("one").orElseThrow();
      assertEquals("F32", one.type());
      assertEquals(List.of(2L), one.shape());
      assertEquals(1f, one.bytes().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
      assertEquals(2f, one.bytes().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4));
      SafetensorsFile.Tensor two = file.tensor("two").orElseThrow();
      assertEquals(List.of(2L, 2L), two.shape());
      assertArrayEquals(new byte[] {1, 2, 3, 4}, two.bytes().toArray(ValueLayout.JAVA_BYTE));
      assertTrue(file.tensor("three").isEmpty());
    }
  }

  /** Each row changes one thing of a good header; the message must name what was found. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[8, 12]    | [4, 8]              | tensors that overlap",
        "[0, 8]     | [1, 9]              | a gap",
        "[8, 12]    | [8, 13]             | within the 12 bytes",
        "[8, 12]    | [-1, 3]             | within the 12 bytes",
        "[8, 12]    | [12, 8]             | within the 12 bytes",
        "[8, 12]    | [8, 9e30]           | two data_offsets",
        "[8, 12]    | [8, 99999999999999999999] | within the 12 bytes",
        "[8, 12]    | [8]                 | two data_offsets",
        "[8, 12]    | 8                   | two data_offsets",
        "U8         | F7                  | number type of the format, found \"F7\"",
        "U8         | I16                 | expected 8 bytes",
        "'[2, 2]'   | '[2, 1]'            | expected 2 bytes",
        "'[2, 2]'   | '[-2, -2]'          | expected counts",
        "'[2, 2]'   | '[4294967296, 4294967296]' | overflows",
        "'[2, 2]'   | '[1,1,1,1,1,1,1,2,2]' | at most 8 extents",
        "'[2, 2]'   | 4                   | a shape",
        "two        | one                 | Duplicate field",
        "{          | [                   | no JSON",
      })
  void headerThatDoesNotFitTheFileIsRefused(String from, String to, String expected)
      throws IOException {
    String header = TWO.replace(from, to);

    CheckpointException refusal = refuse(TinyCheckpoint.safetensors(header, TWELVE));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
  }

  @Test
  void fileThatIsCutOffAnywhereIsRefused() throws IOException {
    byte[] whole = TinyCheckpoint.safetensors(TWO, TWELVE);

    for (int length = 0; length < whole.length; length++) {
      refuse(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void bytesBehindTheLastTensorAreRefused() throws IOException {
    byte[] longer = Arrays.copyOf(TWELVE, 13);

    CheckpointException refusal = refuse(TinyCheckpoint.safetensors(TWO, longer));

    assertTrue(refusal.getMessage().contains("13 bytes of data"), refusal.getMessage());
  }

  @Test
  void headerLengthBeyondTheBoundIsNotBelieved() throws IOException {
    for (long claimed : new long[] {-1, Long.MIN_VALUE, SafetensorsFile.HEADER_BYTES_MAX + 1, 1}) {
      byte[] file =
          ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(0, claimed).array();

      CheckpointException refusal = refuse(file);

      assertTrue(
          refusal.getMessage().contains(Long.toUnsignedString(claimed)), refusal.getMessage());
    }
  }

  @Test
  void deepHeaderIsRefused() throws IOException {
    refuse(TinyCheckpoint.safetensors("{\"a\": " + "[".repeat(100_000), TWELVE));
  }

  @Test
  void damagedByteIsRefusedOrReadButNeverOverruns() throws IOException {
    long seed = System.nanoTime();
    System.out.println("SafetensorsFileTest seed " + seed);
    Random random = new Random(seed);
    byte[] whole = TinyCheckpoint.safetensors(TWO, TWELVE);
    for (int round = 0; round < 2000; round++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      try (Arena arena = Arena.ofConfined()) {
        SafetensorsFile file = map(damaged, arena);
        file.names()
            .forEach(
                name -> file.tensor(name).orElseThrow().bytes().toArray(ValueLayout.JAVA_BYTE));
      } catch (CheckpointException _) {
        // Refused: as good an answer.
      }
    }
  }

  private SafetensorsFile map(byte[] bytes, Arena arena) throws IOException, CheckpointException {
    return SafetensorsFile.map(Files.write(folder.resolve("file.safetensors"), bytes), arena);
  }

  private CheckpointException refuse(byte[] bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return assertThrows(CheckpointException.class, () -> map(bytes, arena));
    }
  }
}
