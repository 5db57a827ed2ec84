package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The programs of a README's section "Recipes": the first block is what all begin with, then each
 * heading has its block.
 */
final class Recipes {

  private static final String SECTION = "## Recipes";
  private static final String HEADING = "### ";
  private static final String BLOCK = "```python";
  private static final String BLOCK_END = "```";
  private static final String BEGINNING = "";

  private final Map<String, String> blocks;

  private Recipes(Map<String, String> blocks) {
    this.blocks = blocks;
  }

  static Recipes of(Path readme) throws IOException {
    Map<String, String> blocks = new LinkedHashMap<>();
    boolean inSection = false;
    boolean inBlock = false;
    String recipe = BEGINNING;
    for (String line : Files.readAllLines(readme)) {
      if (inBlock) {
        inBlock = !line.equals(BLOCK_END);
        if (inBlock) {
          blocks.merge(recipe, line + "\n", String::concat);
        }
      } else if (line.startsWith("## ")) {
        inSection = line.equals(SECTION);
      } else if (inSection && line.startsWith(HEADING)) {
        recipe = line.substring(HEADING.length());
      } else {
        inBlock = inSection && line.equals(BLOCK);
      }
    }
    if (!blocks.containsKey(BEGINNING)) {
      throw new SiteException(
          "%s must have a section '%s' that starts with a block of Python, found none."
              .formatted(readme, SECTION));
    }
    return new Recipes(blocks);
  }

  Set<String> names() {
    Set<String> names = new HashSet<>(blocks.keySet());
    names.remove(BEGINNING);
    return names;
  }

  /** What a user pastes for one recipe. */
  String program(String name) {
    return blocks.get(BEGINNING) + blocks.get(name);
  }
}
