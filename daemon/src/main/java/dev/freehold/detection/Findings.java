package dev.freehold.detection;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.PersonalData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a scan of one request found: kinds, never content.
 *
 * @param kinds what was found
 * @param unread what of the request could not be read, and so may hold anything
 */
public record Findings(Set<PersonalData> kinds, Set<Unread> unread) {

  /** A part of a request that the detectors cannot judge. */
  public enum Unread {
    /** Images: there is no text recognition on the box. */
    IMAGES("images"),
    /** A model's own token ids, as an embedding's input. */
    TOKENS("tokens"),
    /** Text past a bound of the scan. */
    REMAINDER("remainder");

    private final String text;

    Unread(String text) {
      this.text = text;
    }

    /** The name as a receipt writes it. */
    public String text() {
      return text;
    }
  }

  /** Nothing found, everything read. */
  public static final Findings NONE = new Findings(Set.of(), Set.of());

  public Findings {
    kinds = Set.copyOf(kinds);
    unread = Set.copyOf(unread);
  }

  /** Whether the whole request was read. */
  public boolean complete() {
    return unread.isEmpty();
  }

  /**
   * The least label of the request. What could not be read counts as every kind, except that a
   * policy may say what images are worth.
   *
   * @param detect the least label for each kind, as the policy says it; kinds that are missing
   *     raise nothing
   */
  public Label label(Map<PersonalData, Label> detect) {
    Label highest = detect.values().stream().reduce(Label.PUBLIC, Label::atLeast);
    Label least = Label.PUBLIC;
    for (PersonalData kind : kinds) {
      least = least.atLeast(detect.getOrDefault(kind, Label.PUBLIC));
    }
    for (Unread part : unread) {
      least = least.atLeast(label(part, detect, highest));
    }
    return least;
  }

  private static Label label(Unread part, Map<PersonalData, Label> detect, Label highest) {
    return switch (part) {
      case IMAGES -> detect.getOrDefault(PersonalData.IMAGES, highest);
      case TOKENS, REMAINDER -> highest;
    };
  }

  /**
   * What makes {@link #label} what it is, in a fixed order, by the names of the policy and of
   * {@link Unread}; empty if nothing does.
   */
  public List<String> raisedBy(Map<PersonalData, Label> detect) {
    Label least = label(detect);
    List<String> names = new ArrayList<>();
    if (least == Label.PUBLIC) {
      return names;
    }
    for (PersonalData kind : PersonalData.values()) {
      if (kinds.contains(kind) && detect.get(kind) == least) {
        names.add(kind.text());
      }
    }
    Label highest = detect.values().stream().reduce(Label.PUBLIC, Label::atLeast);
    for (Unread part : Unread.values()) {
      if (unread.contains(part) && label(part, detect, highest) == least) {
        names.add(part.text());
      }
    }
    return names;
  }
}
