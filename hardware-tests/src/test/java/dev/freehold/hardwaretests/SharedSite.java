package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One site for all suites that leave it as they found it; it starts once and ends with the run. */
class SharedSite implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(SharedSite.class);

  private final String name;
  private final String policy;

  /** The site of the small model. */
  SharedSite() {
    this("shared", Policies.LOCAL_ONLY);
  }

  SharedSite(String name, String policy) {
    this.name = name;
    this.policy = policy;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Site.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            name, _ -> Site.withBox(Path.of("target/suites", name), policy), Site.class);
  }
}
