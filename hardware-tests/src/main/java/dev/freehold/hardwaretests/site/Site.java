package dev.freehold.hardwaretests.site;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A controller and its boxes in one folder, which keeps their states and logs afterwards. */
public final class Site implements AutoCloseable {

  private final Path folder;
  private final Distribution distribution = Distribution.underTest();
  private final ControllerProcess controller;
  private final List<BoxProcess> boxes = new ArrayList<>();

  private final String javaOptions;

  private Site(Path folder, String javaOptions) {
    this.folder = folder;
    this.javaOptions = javaOptions;
    this.controller =
        ControllerProcess.start(
            distribution,
            folder.resolve("controller"),
            folder.resolve("controller.log"),
            javaOptions);
  }

  /** Starts a site's controller in a folder that is emptied first. */
  public static Site start(Path folder) {
    return start(folder, "");
  }

  /**
   * Starts a site in a folder that is emptied first.
   *
   * @param javaOptions of the virtual machines of the controller and the boxes
   */
  public static Site start(Path folder, String javaOptions) {
    Path absolute = folder.toAbsolutePath().normalize();
    try {
      deleteTree(absolute);
      Files.createDirectories(absolute);
    } catch (IOException e) {
      throw new SiteException("The folder " + absolute + " cannot be emptied: " + e, e);
    }
    return new Site(absolute, javaOptions);
  }

  /** Starts a site with one box that serves under a policy. */
  public static Site withBox(Path folder, String policy) {
    Site site = start(folder);
    try {
      site.publish(policy, Map.of());
      site.enrolBox("box-1").start();
      return site;
    } catch (RuntimeException e) {
      site.close();
      throw e;
    }
  }

  public Path folder() {
    return folder;
  }

  public Distribution distribution() {
    return distribution;
  }

  public ControllerProcess controller() {
    return controller;
  }

  /** The first box. */
  public BoxProcess box() {
    return boxes.getFirst();
  }

  /** Enrols one more box; it is not started. */
  public BoxProcess enrolBox(String serial) {
    BoxProcess box =
        BoxProcess.enrol(
            distribution,
            controller,
            serial,
            folder.resolve(serial),
            folder.resolve(serial + ".log"),
            javaOptions);
    boxes.add(box);
    return box;
  }

  /** Publishes a policy with its credentials, and returns its version. */
  public String publish(String policy, Map<String, Path> credentials) {
    Path file = folder.resolve("policy.yaml");
    try {
      Files.writeString(file, policy);
    } catch (IOException e) {
      throw new SiteException(file + " cannot be written: " + e, e);
    }
    return controller.publish(file, credentials);
  }

  /** The certificate of a client, issued at its first use. */
  public ClientIdentity client(String name, String group) {
    Path identity = folder.resolve("clients").resolve(name + "-" + group);
    return Files.exists(identity)
        ? ClientIdentity.in(identity)
        : controller.issueClient(name, group, identity);
  }

  /** A connection to the first box as a client of a group. */
  public ChatClient chat(String name, String group) {
    return new ChatClient(box().url(), client(name, group));
  }

  private static void deleteTree(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
        for (Path child : children) {
          deleteTree(child);
        }
      }
    }
    Files.deleteIfExists(path);
  }

  /** Ends boxes first: a box must never need its controller to end well. */
  @Override
  public void close() {
    boxes.reversed().forEach(BoxProcess::close);
    controller.close();
  }
}
