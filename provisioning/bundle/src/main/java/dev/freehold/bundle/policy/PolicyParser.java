package dev.freehold.bundle.policy;

import dev.freehold.bundle.catalogue.Catalogue;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads one policy file. The sections are read in the order in which they depend on each other and
 * every problem is collected; only a file without problems becomes a policy.
 */
final class PolicyParser {

  private static final List<String> KEYS =
      List.of("site", "currency", "detect", "models", "providers", "locality", "clients", "routes");
  private static final Pattern SITE = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,62}");

  /** The label of a request with personal data in it, where the policy says nothing of it. */
  private static final Label DETECTED_LABEL = Label.CONFIDENTIAL;

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
    Section file = Section.of("the policy", root, problems).onlyKeys(KEYS);
    String site = file.name("site", SITE, file.requiredText("site", "zurich-office")).orElse("");
    MoneyParser money = new MoneyParser(file, problems);
    Map<PersonalData, Label> detect = detect(file);
    Map<String, ModelSpec> models = new ModelParser(catalogue, problems).models(file);
    Map<String, ProviderSpec> providers =
        new ProviderParser(models, money, problems).providers(file);
    Map<Label, Set<TrustClass>> locality = locality(file);
    Map<String, ClientGroup> clients = new ClientParser(money, problems).clients(file);
    List<RouteSpec> routes = new RouteParser(yaml, models, providers, money, problems).routes(file);
    Policy policy =
        new Policy(site, models, providers, locality, clients, routes, detect, money.currency());
    if (problems.isEmpty()) {
      checkReach(file, policy);
    }
    return policy;
  }

  /** Whoever writes nothing has every kind looked for: detection tightens, it never loosens. */
  private Map<PersonalData, Label> detect(Section file) {
    Map<PersonalData, Label> detect = new EnumMap<>(PersonalData.class);
    if (!file.has("detect")) {
      for (PersonalData kind : PersonalData.values()) {
        detect.put(kind, DETECTED_LABEL);
      }
      return detect;
    }
    if (file.at("detect") instanceof ScalarNode word) {
      if (!word.getValue().equals("none")) {
        file.problem(
            "detect",
            "expected detect to be none, or kinds with labels such as {email: confidential}, found "
                + Problems.shown(word.getValue()));
      }
      return detect;
    }
    Section section = file.section("detect", "detect").onlyKeys(PersonalData.texts());
    if (section.keys().isEmpty()) {
      file.problem(
          "detect",
          "expected at least one kind such as {email: confidential}; to look for nothing write"
              + " detect: none");
    }
    for (PersonalData kind : PersonalData.values()) {
      section
          .choice(kind.text(), "label", Label::find, Label.texts())
          .ifPresent(label -> detect.put(kind, label));
    }
    return detect;
  }

  private Map<Label, Set<TrustClass>> locality(Section file) {
    Section section = file.section("locality", "locality").onlyKeys(Label.texts());
    Map<Label, Set<TrustClass>> locality = new EnumMap<>(Label.class);
    for (Label label : Label.values()) {
      Set<TrustClass> allowed = EnumSet.noneOf(TrustClass.class);
      allowed.addAll(
          section.choices(label.text(), "trust class", TrustClass::find, TrustClass.texts()));
      if (!section.has(label.text())) {
        allowed.add(TrustClass.LOCAL);
      } else if (section.isEmptyList(label.text())) {
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
            section.has(labels[i].text()) ? item(section, labels[i], trust) : section.node(),
            labels[i].text()
                + " allows "
                + trust.text()
                + " but the less sensitive "
                + labels[i - 1].text()
                + " does not: raising a label would open a path; remove "
                + trust.text()
                + " here, or add it to "
                + labels[i - 1].text()
                + " if that is meant");
      }
    }
  }

  /** Where a label allows a trust class. */
  private static Node item(Section locality, Label label, TrustClass trust) {
    return locality.list(label.text()).stream()
        .filter(node -> node instanceof ScalarNode word && word.getValue().equals(trust.text()))
        .findFirst()
        .orElseGet(() -> locality.at(label.text()));
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
}
