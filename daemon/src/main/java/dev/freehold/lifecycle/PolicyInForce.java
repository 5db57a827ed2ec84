package dev.freehold.lifecycle;

import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.ModelReference;
import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.limits.Limits;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.Provider;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.routing.PolicyVersion;
import dev.freehold.routing.Router;
import dev.freehold.routing.RoutingTable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Puts a bundle in force: everything of it is made first, then swapped in one step, so that a
 * bundle with a mistake changes nothing. Requests that have been routed keep what they were routed
 * by.
 */
final class PolicyInForce implements AutoCloseable {

  private final LocalProvider local;
  private final Router router;
  private final Limits limits;
  private final ModelLoader loader;
  private final ClientIdentity device;
  private final RemoteProviders remotes = RemoteProviders.overNetwork();
  private final Catalogue catalogue = Catalogue.load();
  private List<RemoteProvider> remote = List.of();

  /**
   * Nothing is in force yet.
   *
   * @param device what this box shows of itself to other boxes
   */
  PolicyInForce(
      LocalProvider local,
      Router router,
      Limits limits,
      ModelLoader loader,
      ClientIdentity device) {
    this.local = local;
    this.router = router;
    this.limits = limits;
    this.loader = loader;
    this.device = device;
  }

  /**
   * @throws PolicyException if the policy has mistakes; what was in force stays so
   */
  synchronized void apply(BundleContent content) throws PolicyException, InterruptedException {
    Policy policy = Policy.parse(content.policyYaml(), catalogue);
    List<RemoteProvider> opened = new ArrayList<>();
    List<ModelSpec> models;
    boolean applied = false;
    try {
      Map<String, Provider> providers = new HashMap<>();
      for (ProviderSpec spec : policy.providers().values()) {
        providers.put(spec.name(), provider(spec, content, opened));
      }
      RoutingTable table =
          RoutingTable.compile(policy, version(content), providers, content.notAfter());
      models = table.servesLocally() ? List.copyOf(policy.models().values()) : List.of();
      loader.announce(models);
      limits.apply(policy);
      router.apply(table);
      applied = true;
    } finally {
      (applied ? remote : opened).forEach(RemoteProvider::close);
    }
    remote = opened;
    loader.want(models, entries(content));
  }

  private static PolicyVersion version(BundleContent content) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(content.policyYaml().getBytes(StandardCharsets.UTF_8));
      return new PolicyVersion(content.version(), HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private Provider provider(ProviderSpec spec, BundleContent content, List<RemoteProvider> opened) {
    return switch (spec.kind()) {
      case ENGINE -> local;
      case PEER, OPENAI, ANTHROPIC, AZURE_OPENAI, BEDROCK, GEMINI, COHERE, ALEPH_ALPHA -> {
        RemoteProvider provider = remotes.open(spec, credential(spec, content), device);
        opened.add(provider);
        yield provider;
      }
    };
  }

  /** The names of the models in force. */
  List<String> models() {
    return router.table().models().stream().map(ModelSpec::name).toList();
  }

  /** The secret stays in the bundle's memory; it is looked up, never copied into a provider. */
  private static Supplier<Optional<String>> credential(ProviderSpec spec, BundleContent content) {
    return () -> spec.credential().map(content.credentials()::get);
  }

  /** By catalogue name. The bundle's hash decides; the catalogue only says where a file is had. */
  private Map<String, CatalogueEntry> entries(BundleContent content) {
    Map<String, CatalogueEntry> entries = new HashMap<>();
    for (ModelReference reference : content.models()) {
      entries.put(
          reference.catalogue(),
          catalogue.bySha256(reference.sha256()).orElseGet(() -> unknown(reference)));
    }
    return entries;
  }

  /** A model newer than this daemon's catalogue: it serves if its file is in the cache. */
  private static CatalogueEntry unknown(ModelReference reference) {
    return new CatalogueEntry(
        reference.catalogue(),
        reference.catalogue(),
        reference.sha256(),
        reference.sizeBytes(),
        "unknown",
        1,
        List.of());
  }

  @Override
  public synchronized void close() {
    remote.forEach(RemoteProvider::close);
    remote = List.of();
  }
}
