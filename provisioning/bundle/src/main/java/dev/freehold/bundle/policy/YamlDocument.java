package dev.freehold.bundle.policy;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * One YAML document as nodes that know their place in the file. Its size, depth and use of aliases
 * are bounded before any tree is built, so a hostile file costs no more than reading it.
 */
final class YamlDocument {

  static final int DEPTH_MAX = 16;
  static final int ALIASES_MAX = 32;
  static final int EVENTS_MAX = 50_000;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setLabel("policy")
          .setAllowDuplicateKeys(false)
          .setAllowRecursiveKeys(false)
          .setMaxAliasesForCollections(ALIASES_MAX)
          .setCodePointLimit(Policy.CHARACTERS_MAX)
          .build();

  private static final Pattern NAMED = Pattern.compile("\\b(alias|anchor|tag handle|tag) \\S");

  private YamlDocument() {}

  /** The document's root, or empty when a problem was added. */
  static Optional<Node> read(String text, Problems problems) {
    if (text.length() > Policy.CHARACTERS_MAX) {
      problems.add(
          1,
          1,
          "expected at most " + Policy.CHARACTERS_MAX + " characters, found " + text.length());
      return Optional.empty();
    }
    try {
      if (!withinBounds(text, problems)) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      if (root.isEmpty()) {
        problems.add(1, 1, "expected a policy, found an empty file");
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      problems.add(e.getProblemMark(), "not valid YAML: " + withoutNames(e.getProblem()));
    } catch (YamlEngineException e) {
      problems.add(1, 1, "not valid YAML: " + e.getMessage());
    }
    return Optional.empty();
  }

  /** What a sign of YAML made a name of may be a secret that lacks its quotes. */
  private static String withoutNames(String problem) {
    Matcher named = NAMED.matcher(problem);
    return named.find()
        ? problem.substring(0, named.end(1))
            + "; a value that begins with *, & or ! needs quotes around it"
        : problem;
  }

  private static boolean withinBounds(String text, Problems problems) {
    int depth = 0;
    int aliases = 0;
    int events = 0;
    for (Event event : new Parse(SETTINGS).parseString(text)) {
      switch (event.getEventId()) {
        case MappingStart, SequenceStart -> depth++;
        case MappingEnd, SequenceEnd -> depth--;
        case Alias -> aliases++;
        case Comment, DocumentEnd, DocumentStart, Scalar, StreamEnd, StreamStart -> {}
      }
      events++;
      String excess = null;
      if (depth > DEPTH_MAX) {
        excess = "nested deeper than " + DEPTH_MAX + " levels; a policy needs four";
      } else if (aliases > ALIASES_MAX) {
        excess = "more than " + ALIASES_MAX + " aliases; write the values out";
      } else if (events > EVENTS_MAX) {
        excess = "more than " + EVENTS_MAX + " values; split the site";
      }
      if (excess != null) {
        problems.add(event.getStartMark(), excess);
        return false;
      }
    }
    return true;
  }
}
