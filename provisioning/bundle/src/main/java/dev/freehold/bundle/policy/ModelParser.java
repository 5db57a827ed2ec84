package dev.freehold.bundle.policy;

import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads the models of a policy against the catalogue. */
final class ModelParser {

  private static final List<String> KEYS =
      List.of("catalogue", "context", "slots", "aliases", "load", "idle", "adapter");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}");

  private final Catalogue catalogue;
  private final Problems problems;

  ModelParser(Catalogue catalogue, Problems problems) {
    this.catalogue = catalogue;
    this.problems = problems;
  }

  Map<String, ModelSpec> models(Section file) {
    Section section = file.section("models", "models");
    Map<String, ModelSpec> models = new LinkedHashMap<>();
    Map<String, List<ScalarNode>> aliases = new LinkedHashMap<>();
    for (String name : section.names(NAME, "assistant: {catalogue: smollm2-135m}")) {
      Section fields = section.section(name, "model " + name).onlyKeys(KEYS);
      Optional<String> entry = fields.requiredText("catalogue", "smollm2-135m");
      int slots = fields.number("slots", 1, ModelSpec.SLOTS_MAX).orElse(ModelSpec.DEFAULT_SLOTS);
      int context =
          fields
              .number("context", ModelSpec.CONTEXT_TOKENS_MIN, ModelSpec.CONTEXT_TOKENS_MAX)
              .orElse(ModelSpec.DEFAULT_CONTEXT_TOKENS);
      entry.ifPresent(text -> checkModel(fields, text, context, slots));
      ModelSpec.Load load =
          fields
              .choice("load", "time to load", ModelSpec.Load::find, ModelSpec.Load.texts())
              .orElse(ModelSpec.Load.START);
      List<ScalarNode> words = fields.words("aliases");
      aliases.put(name, words);
      models.put(
          name,
          new ModelSpec(
              name,
              entry.orElse(""),
              context,
              slots,
              aliases(words),
              load,
              idle(fields, load),
              adapter(fields)));
    }
    checkAliases(aliases, models.keySet());
    return models;
  }

  /** The name alone: no two boxes need have the same file, and whoever runs a box chose its own. */
  private static Optional<String> adapter(Section fields) {
    return fields.name("adapter", NAME, fields.text("adapter"));
  }

  private static Duration idle(Section fields, ModelSpec.Load load) {
    if (fields.has("idle") && load == ModelSpec.Load.START) {
      fields.problem(
          "idle",
          "a model that is loaded at the start is never let go; remove idle, or add load: demand");
    }
    return fields.duration("idle", ModelSpec.DEFAULT_IDLE, ModelSpec.IDLE_MAX);
  }

  private List<String> aliases(List<ScalarNode> words) {
    List<String> aliases = new ArrayList<>();
    for (ScalarNode word : words) {
      String alias = word.getValue();
      if (!NAME.matcher(alias).matches()) {
        problems.add(
            word,
            "the alias "
                + Problems.shown(alias)
                + " may not be used; expected letters, digits, dots and dashes");
      } else if (aliases.size() == ModelSpec.ALIASES_MAX) {
        problems.add(
            word, "expected at most " + ModelSpec.ALIASES_MAX + " aliases of a model, found more");
        return aliases;
      } else {
        aliases.add(alias);
      }
    }
    return aliases;
  }

  /** A name that clients ask for must mean one model. */
  private void checkAliases(Map<String, List<ScalarNode>> aliases, Set<String> models) {
    Map<String, String> taken = new HashMap<>();
    aliases.forEach(
        (model, words) -> {
          for (ScalarNode word : words) {
            String alias = word.getValue();
            if (models.contains(alias)) {
              problems.add(
                  word,
                  "the alias " + Problems.shown(alias) + " is the name of a model; remove it");
            } else if (taken.putIfAbsent(alias, model) != null) {
              problems.add(
                  word,
                  "the alias "
                      + Problems.shown(alias)
                      + " stands for the model \""
                      + taken.get(alias)
                      + "\" already; remove one of them");
            }
          }
        });
  }

  private void checkModel(Section fields, String entryName, int context, int slots) {
    Optional<CatalogueEntry> entry = catalogue.entry(entryName);
    if (entry.isEmpty()) {
      fields.problem(
          "catalogue",
          Problems.unknown("model", entryName, catalogue.names()) + " (this version's catalogue)");
    } else if (context > (long) entry.get().trainedContext() * slots) {
      fields.problem(
          "context",
          entryName
              + " was trained for "
              + entry.get().trainedContext()
              + " tokens: with "
              + slots
              + " slots a context above "
              + (long) entry.get().trainedContext() * slots
              + " cannot be used; lower it");
    }
  }
}
