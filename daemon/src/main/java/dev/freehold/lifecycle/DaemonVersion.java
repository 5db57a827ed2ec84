package dev.freehold.lifecycle;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The daemon's version, as its jar's manifest has it. */
final class DaemonVersion implements IVersionProvider {

  /** What a daemon that runs from class folders calls itself. */
  private static final String UNPACKAGED = "0.1.0-unpackaged";

  static String current() {
    return Optional.ofNullable(DaemonVersion.class.getPackage().getImplementationVersion())
        .orElse(UNPACKAGED);
  }

  @Override
  public String[] getVersion() {
    return new String[] {"freehold " + current()};
  }
}
