import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Checks that every Java source of the tree reads as google-java-format writes it, or makes it so.
 *
 * <p>The build runs this file in the source launcher of the toolchain's own JDK, because Maven may
 * itself run on a JDK whose compiler cannot read these sources. One run serves the whole tree.
 *
 * <p>Arguments: {@code check ROOT} or {@code write ROOT}.
 */
final class SourceFormat {

  private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "node_modules", ".git");

  private static final Formatter FORMATTER =
      new Formatter(JavaFormatterOptions.builder().reorderModifiers(true).build());

  private SourceFormat() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2 || !(args[0].equals("check") || args[0].equals("write"))) {
      System.err.println("usage: SourceFormat check|write ROOT");
      System.exit(2);
    }
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]).toAbsolutePath().normalize();
    List<String> problems =
        sources(root).parallelStream()
            .map(source -> format(root, source, write))
            .flatMap(Optional::stream)
            .toList();
    if (problems.isEmpty()) {
      return;
    }
    problems.forEach(System.err::println);
    if (!write) {
      System.err.println(
          problems.size()
              + " source files are not formatted. `mvn -N -Pformat process-sources` formats them.");
    }
    System.exit(1);
  }

  /** Returns what is wrong with a source, if anything is. */
  private static Optional<String> format(Path root, Path source, boolean write) {
    String name = root.relativize(source).toString();
    try {
      String found = Files.readString(source);
      String expected =
          FORMATTER.formatSource(
              RemoveUnusedImports.removeUnusedImports(
                  ImportOrderer.reorderImports(found, JavaFormatterOptions.Style.GOOGLE)));
      if (expected.equals(found)) {
        return Optional.empty();
      }
      if (write) {
        Files.writeString(source, expected);
        return Optional.empty();
      }
      return Optional.of(name + ":" + firstDifference(found, expected) + ": not formatted");
    } catch (FormatterException e) {
      return Optional.of(name + ": cannot be read as Java: " + e.getMessage());
    } catch (IOException e) {
      return Optional.of(name + ": " + e);
    }
  }

  /** The line, counted from 1, where two texts begin to differ. */
  private static int firstDifference(String found, String expected) {
    List<String> foundLines = found.lines().toList();
    List<String> expectedLines = expected.lines().toList();
    int line = 0;
    while (line < foundLines.size()
        && line < expectedLines.size()
        && foundLines.get(line).equals(expectedLines.get(line))) {
      line++;
    }
    return line + 1;
  }

  private static List<Path> sources(Path root) throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return SKIPPED_FOLDERS.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }
}
