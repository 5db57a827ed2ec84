package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.inference.InferenceRequest;
import java.util.EnumSet;
import java.util.Set;

/**
 * Looks for personal data in requests. One serves all threads; building it loads the numbering
 * plans of the countries whose national forms it knows, which takes a moment.
 */
public final class PersonalDataDetector {

  /** Texts of a request are read up to this many characters together. */
  public static final int CHARACTERS_MAX = 1 << 20;

  /** So many candidates of a request may be put to the costly checks of a library. */
  static final int CHECKS_MAX = 8_192;

  private final PhoneNumbers phones = new PhoneNumbers();

  public PersonalDataDetector() {
    phones.warm();
  }

  /** Reads everything of a request that a provider would be sent. */
  public Findings scan(InferenceRequest request) {
    RequestTexts texts = RequestTexts.of(request);
    Set<Findings.Unread> unread = EnumSet.noneOf(Findings.Unread.class);
    unread.addAll(texts.unread());
    Found found = new Found(CHECKS_MAX);
    int left = CHARACTERS_MAX;
    for (String text : texts.texts()) {
      int length = Math.min(text.length(), left);
      if (length < text.length()) {
        unread.add(Findings.Unread.REMAINDER);
      }
      if (length > 0) {
        new TextScan(FoldedText.of(text, length), found, phones).run();
      }
      left -= length;
    }
    if (found.exhausted()) {
      unread.add(Findings.Unread.REMAINDER);
    }
    return new Findings(found.kinds(), unread);
  }

  /** What a scan has found so far, and how much it may still spend. */
  static final class Found {

    private final EnumSet<PersonalData> kinds = EnumSet.noneOf(PersonalData.class);
    private int checksLeft;
    private boolean exhausted;

    Found(int checksMax) {
      checksLeft = checksMax;
    }

    void add(PersonalData kind) {
      kinds.add(kind);
    }

    /** A kind that was found once is not looked for again. */
    boolean lacks(PersonalData kind) {
      return !kinds.contains(kind);
    }

    /** Takes one costly check out of the request's allowance. */
    boolean mayCheck() {
      if (checksLeft > 0) {
        checksLeft--;
        return true;
      }
      exhausted = true;
      return false;
    }

    boolean exhausted() {
      return exhausted;
    }

    Set<PersonalData> kinds() {
      return kinds;
    }
  }
}
