package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.PinnedWheel;
import dev.freehold.bundle.catalogue.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Package archives made by the test, and a pip that finds them in a folder and nowhere else. */
final class TinyPackages {

  private final Path folder;
  private final Path pip;
  private final Path calls;

  TinyPackages(Path temporary) throws IOException {
    this.folder = Files.createDirectories(temporary.resolve("index"));
    this.calls = temporary.resolve("pip-downloads");
    this.pip = temporary.resolve("pip");
    Files.writeString(
        pip,
        """
        #!/bin/sh
        if [ "$1" = download ]; then echo "$*" >> '%s'; fi
        unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL
        PIP_NO_INDEX=1 PIP_FIND_LINKS='%s' exec python3 -m pip "$@"
        """
            .formatted(calls, folder));
    Files.setPosixFilePermissions(pip, PosixFilePermissions.fromString("rwx------"));
  }

  FetchSettings settings() {
    FetchSettings standard = FetchSettings.standard();
    return new FetchSettings(List.of(pip.toString()), Optional.empty(), standard.stallMax());
  }

  /** How often pip was asked to download. */
  int downloads() throws IOException {
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  /** Puts a package into the folder that holds the bytes as its only data. */
  PinnedWheel add(String name, byte[] data) throws IOException {
    return add(name, Map.of("part.bin", data));
  }

  /** Puts a package into the folder that holds these files in a folder of its own name. */
  PinnedWheel add(String name, Map<String, byte[]> files) throws IOException {
    Path wheel = file(name);
    String info = name + "-1.0.dist-info/";
    try (OutputStream out = Files.newOutputStream(wheel);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        entry(zip, name + "/" + file.getKey(), file.getValue());
      }
      entry(
          zip,
          info + "METADATA",
          text("Metadata-Version: 2.1\nName: " + name + "\nVersion: 1.0\n"));
      entry(
          zip,
          info + "WHEEL",
          text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"));
      entry(zip, info + "RECORD", text(""));
    }
    return new PinnedWheel(name, "1.0", sha256(Files.readAllBytes(wheel)));
  }

  void remove(String name) throws IOException {
    Files.delete(file(name));
  }

  static CatalogueEntry model(byte[] content, List<PinnedWheel> wheels) {
    List<String> members = wheels.stream().map(wheel -> wheel.name() + "/part.bin").toList();
    return model(content, new Source.PipPackages(wheels, members));
  }

  static CatalogueEntry model(byte[] content, Source... sources) {
    return new CatalogueEntry(
        "tiny", "Tiny", sha256(content), content.length, "CC0-1.0", 1, List.of(sources));
  }

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(ModelJoin.sha256().digest(bytes));
  }

  static List<byte[]> split(byte[] content, int parts) {
    List<byte[]> split = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < parts; i++) {
      int to = (int) ((long) content.length * (i + 1) / parts);
      split.add(java.util.Arrays.copyOfRange(content, from, to));
      from = to;
    }
    return split;
  }

  private Path file(String name) {
    return folder.resolve(name + "-1.0-py3-none-any.whl");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void entry(ZipOutputStream zip, String name, byte[] data) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(data);
    zip.closeEntry();
  }
}
