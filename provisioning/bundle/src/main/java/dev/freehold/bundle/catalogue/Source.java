package dev.freehold.bundle.catalogue;

import java.util.List;
import java.util.Objects;

/** Where a model's file can be had. */
public sealed interface Source {

  /**
   * Package archives that carry the file as data. The members, one to an archive or more, are
   * joined in the order in which they stand here.
   *
   * @param members the paths inside the archives; each is in exactly one of them
   */
  record PipPackages(List<PinnedWheel> wheels, List<String> members) implements Source {

    public PipPackages {
      wheels = List.copyOf(wheels);
      members = List.copyOf(members);
      if (wheels.isEmpty() || members.isEmpty()) {
        throw new IllegalArgumentException("A package source names at least one wheel and member.");
      }
    }
  }

  /** A repository and a file name on the usual model hub, for those who have the internet. */
  record Hub(String repo, String file) implements Source {

    public Hub {
      Objects.requireNonNull(repo, "repo");
      Objects.requireNonNull(file, "file");
    }
  }
}
