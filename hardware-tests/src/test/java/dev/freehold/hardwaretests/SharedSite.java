package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One site for all suites that leave it as they found it; it starts once and ends with the run. */
final class SharedSite implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(SharedSite.class);

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
            "site",
            _ -> Site.withBox(Path.of("target/suites/shared"), Policies.LOCAL_ONLY),
            Site.class);
  }
}
