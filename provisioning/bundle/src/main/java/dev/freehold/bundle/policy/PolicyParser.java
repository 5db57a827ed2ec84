package dev.freehold.bundle.policy;

import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads one policy file. The sections are read in the order in which they depend on each other and
 * every problem is collected; only a file without problems becomes a policy.
 */
final class PolicyParser {

  private static final int NAMES_MAX = 1000;

  private static final List<String> POLICY_KEYS =
      List.of("site", "models", "providers", "locality", "clients", "routes");
  private static final List<String> MODEL_KEYS =
      List.of("catalogue", "context", "slots", "aliases", "load", "idle", "adapter");
  private static final List<String> CLIENT_KEYS = List.of("label", "tokensPerMinute", "streams");
  private static final List<String> ROUTE_KEYS = List.of("name", "when", "use");

  private static final Pattern SITE = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,62}");
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}");
  private static final Pattern GROUP = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,62}");
  private static final Pattern ROUTE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final String yaml;
  private final Catalogue catalogue;
  private final Problems problems = new Problems();

  PolicyParser(String yaml, Catalogue catalogue) {
    this.yaml = yaml;
    this.catalogue = catalogue;
  }

  Policy parse() throws PolicyException {
    Optional<Policy> policy = YamlDocument.read(yaml, problems).map(this::policy);
    if (!problems.isEmpty()) {
      throw new PolicyException(problems.sorted());
    }
    return policy.orElseThrow();
  }

  private Policy policy(Node root) {
    Section file = Section.of("the policy", root, problems).onlyKeys(POLICY_KEYS);
    String site = name(file, "site", SITE, file.requiredText("site", "zurich-office")).orElse("");
    Map<String, ModelSpec> models = models(file);
    Map<String, ProviderSpec> providers = new ProviderParser(problems).providers(file);
    Map<Label, Set<TrustClass>> locality = locality(file);
    Map<String, ClientGroup> clients = clients(file);
    List<RouteSpec> routes = routes(file, providers);
    Policy policy =
        new Policy(site, models, providers, locality, clients, routes, Map.of(), Optional.empty());
    if (problems.isEmpty()) {
      checkReach(file, policy);
    }
    return policy;
  }

  private Map<String, ModelSpec> models(Section file) {
    Section section = file.section("models", "models");
    Map<String, ModelSpec> models = new LinkedHashMap<>();
    Map<String, List<ScalarNode>> aliases = new LinkedHashMap<>();
    for (String name : named(section, "models", MODEL, "assistant: {catalogue: smollm2-135m}")) {
      Section fields = section.section(name, "model " + name).onlyKeys(MODEL_KEYS);
      Optional<String> entry = fields.requiredText("catalogue", "smollm2-135m");
      int slots = fields.number("slots", 1, ModelSpec.SLOTS_MAX).orElse(ModelSpec.DEFAULT_SLOTS);
      int context =
          fields
              .number("context", ModelSpec.CONTEXT_TOKENS_MIN, ModelSpec.CONTEXT_TOKENS_MAX)
              .orElse(ModelSpec.DEFAULT_CONTEXT_TOKENS);
      entry.ifPresent(text -> checkModel(fields, text, context, slots));
      ModelSpec.Load load = load(fields);
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

  private static ModelSpec.Load load(Section fields) {
    Optional<String> text = fields.text("load");
    if (text.isEmpty()) {
      return ModelSpec.Load.START;
    }
    Optional<ModelSpec.Load> load = ModelSpec.Load.find(text.get());
    if (load.isEmpty()) {
      fields.problem("load", unknown("time to load", text.get(), ModelSpec.Load.texts()));
    }
    return load.orElse(ModelSpec.Load.START);
  }

  /** The name alone: no two boxes need have the same file, and whoever runs a box chose its own. */
  private Optional<String> adapter(Section fields) {
    return name(fields, "adapter", MODEL, fields.text("adapter"));
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
      if (!MODEL.matcher(alias).matches()) {
        problems.add(
            word,
            "the alias \""
                + Section.brief(alias)
                + "\" may not be used; expected letters, digits, dots and dashes");
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
                  "the alias \"" + Section.brief(alias) + "\" is the name of a model; remove it");
            } else if (taken.putIfAbsent(alias, model) != null) {
              problems.add(
                  word,
                  "the alias \""
                      + Section.brief(alias)
                      + "\" stands for the model \""
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
          unknown("model", entryName, catalogue.names()) + " (this version's catalogue)");
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

  private Map<Label, Set<TrustClass>> locality(Section file) {
    Section section = file.section("locality", "locality").onlyKeys(Label.texts());
    Map<Label, Set<TrustClass>> locality = new EnumMap<>(Label.class);
    for (Label label : Label.values()) {
      Set<TrustClass> allowed = EnumSet.noneOf(TrustClass.class);
      for (ScalarNode word : section.words(label.text())) {
        Optional<TrustClass> trust = TrustClass.find(word.getValue());
        trust.ifPresentOrElse(
            allowed::add,
            () -> problems.add(word, unknown("trust class", word.getValue(), TrustClass.texts())));
      }
      if (!section.has(label.text())) {
        allowed.add(TrustClass.LOCAL);
      } else if (section.list(label.text()).isEmpty()) {
        section.problem(label.text(), "expected at least one trust class, for example [local]");
      }
      locality.put(label, allowed);
    }
    checkLabelsOnlyTighten(section, locality);
    return locality;
  }

  /** A label may be raised at any time, so a higher one must never open a path. */
  private void checkLabelsOnlyTighten(Section section, Map<Label, Set<TrustClass>> locality) {
    Label[] labels = Label.values();
    for (int i = 1; i < labels.length; i++) {
      Set<TrustClass> opened = EnumSet.noneOf(TrustClass.class);
      opened.addAll(locality.get(labels[i]));
      opened.removeAll(locality.get(labels[i - 1]));
      // Staying on the box is always the tighter choice.
      opened.remove(TrustClass.LOCAL);
      for (TrustClass trust : opened) {
        problems.add(
            section.has(labels[i].text()) ? section.at(labels[i].text()) : section.node(),
            labels[i].text()
                + " allows "
                + trust.text()
                + " but the less sensitive "
                + labels[i - 1].text()
                + " does not: raising a label would open a path; add "
                + trust.text()
                + " to "
                + labels[i - 1].text()
                + " or remove it here");
      }
    }
  }

  private Map<String, ClientGroup> clients(Section file) {
    Section section = file.section("clients", "clients");
    Map<String, ClientGroup> clients = new LinkedHashMap<>();
    for (String name : named(section, "clients", GROUP, "everyone: {label: internal}")) {
      Section fields = section.section(name, "client group " + name).onlyKeys(CLIENT_KEYS);
      Label label = ClientGroup.DEFAULT_LABEL;
      Optional<String> text = fields.text("label");
      if (text.isPresent()) {
        Optional<Label> found = Label.find(text.get());
        if (found.isEmpty()) {
          fields.problem("label", unknown("label", text.get(), Label.texts()));
        }
        label = found.orElse(label);
      }
      clients.put(
          name,
          new ClientGroup(
              name,
              label,
              new Limits(
                  OptionalInt.empty(),
                  fields.number("tokensPerMinute", 1, 999_999_999),
                  fields.number("streams", 1, 100_000))));
    }
    return clients;
  }

  private List<RouteSpec> routes(Section file, Map<String, ProviderSpec> providers) {
    if (file.list("routes").isEmpty()) {
      problems.add(
          file.at("routes"), "expected at least one route, such as {name: usual, use: [local]}");
    }
    List<RouteSpec> routes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Node item : file.list("routes")) {
      Section fields = Section.of("the route", item, problems).onlyKeys(ROUTE_KEYS);
      Optional<String> name = name(fields, "name", ROUTE, fields.requiredText("name", "usual"));
      if (name.isPresent() && !names.add(name.get())) {
        fields.problem("name", "a route of the name \"" + name.get() + "\" stands above already");
      }
      Optional<ScalarNode> when = fields.scalar("when", "a condition");
      when.ifPresent(this::checkCondition);
      routes.add(
          new RouteSpec(
              name.orElse(""), when.map(ScalarNode::getValue), candidates(fields, providers)));
    }
    return routes;
  }

  private List<String> candidates(Section route, Map<String, ProviderSpec> providers) {
    List<String> use = new ArrayList<>();
    for (ScalarNode word : route.words("use")) {
      String name = word.getValue();
      if (!providers.containsKey(name)) {
        problems.add(word, unknown("provider", name, providers.keySet()));
      } else if (use.contains(name)) {
        problems.add(word, "the provider \"" + name + "\" stands twice in this route");
      } else {
        use.add(name);
      }
    }
    if (route.list("use").isEmpty()) {
      problems.add(route.at("use"), "the route needs \"use\", a list of providers in order");
    }
    return use;
  }

  private void checkCondition(ScalarNode when) {
    try {
      RouteCondition.compile(when.getValue());
    } catch (RouteCondition.InvalidCondition e) {
      String message = "the condition is not valid: " + e.getMessage();
      Optional<Mark> start = when.getStartMark();
      if (start.isPresent() && isOneLine(when)) {
        int quote = when.isPlain() ? 0 : 1;
        problems.add(
            start.get().getLine() + 1,
            start.get().getColumn() + 1 + quote + e.column() - 1,
            message);
      } else {
        problems.add(
            when, message + " (line " + e.line() + ", column " + e.column() + " of the condition)");
      }
    }
  }

  /** Whether the text stands in the file as it reads, so that columns can be counted through. */
  private static boolean isOneLine(ScalarNode node) {
    ScalarStyle style = node.getScalarStyle();
    boolean block = style == ScalarStyle.LITERAL || style == ScalarStyle.FOLDED;
    int quotes = node.isPlain() ? 0 : 2;
    return !block
        && node.getStartMark().isPresent()
        && node.getEndMark().isPresent()
        && node.getEndMark().get().getIndex() - node.getStartMark().get().getIndex()
            == node.getValue().codePointCount(0, node.getValue().length()) + quotes;
  }

  /** Each route must be of use to some label, each group must have somewhere to go. */
  private void checkReach(Section file, Policy policy) {
    List<Node> nodes = file.list("routes");
    for (int i = 0; i < policy.routes().size(); i++) {
      RouteSpec route = policy.routes().get(i);
      boolean reached =
          policy.locality().values().stream().anyMatch(allowed -> reaches(policy, route, allowed));
      if (!reached) {
        problems.add(
            nodes.get(i),
            "locality allows none of this route's providers for any label; the route can never"
                + " be taken");
      }
    }
    Section groups = file.section("clients", "clients");
    for (ClientGroup group : policy.clients().values()) {
      Set<TrustClass> allowed = policy.allowed(group.label());
      if (policy.routes().stream().noneMatch(route -> reaches(policy, route, allowed))) {
        problems.add(
            groups.keyNode(group.name()),
            "no route has a provider that locality allows for "
                + group.label().text()
                + ": this group can never be answered; add a local candidate");
      }
    }
  }

  private static boolean reaches(Policy policy, RouteSpec route, Set<TrustClass> allowed) {
    return route.use().stream()
        .anyMatch(name -> allowed.contains(policy.providers().get(name).trust()));
  }

  private List<String> named(Section section, String what, Pattern pattern, String example) {
    return named(section, what, pattern, example, problems);
  }

  /**
   * The keys of a section of names; names that may not be used become problems and are left out.
   */
  static List<String> named(
      Section section, String what, Pattern pattern, String example, Problems problems) {
    if (section.keys().isEmpty()) {
      problems.add(section.node(), "expected at least one entry in " + what + ": " + example);
    } else if (section.keys().size() > NAMES_MAX) {
      problems.add(section.node(), "more than " + NAMES_MAX + " entries in " + what);
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String name : section.keys()) {
      if (pattern.matcher(name).matches()) {
        names.add(name);
      } else {
        problems.add(
            section.keyNode(name),
            "the name \""
                + Section.brief(name)
                + "\" in "
                + what
                + " may not be used; expected letters, digits, dots and dashes");
      }
    }
    return names;
  }

  private static Optional<String> name(
      Section section, String key, Pattern pattern, Optional<String> name) {
    if (name.isPresent() && !pattern.matcher(name.get()).matches()) {
      section.problem(
          key,
          "the name \""
              + Section.brief(name.get())
              + "\" may not be used; expected up to 63 letters, digits, dots and dashes");
      return Optional.empty();
    }
    return name;
  }

  static String unknown(String what, String found, Collection<String> known) {
    String hint = Problems.didYouMean(found, known);
    return "there is no "
        + what
        + " \""
        + Section.brief(found)
        + "\""
        + (hint.isEmpty() ? "; known are " + String.join(", ", known) : hint);
  }
}
