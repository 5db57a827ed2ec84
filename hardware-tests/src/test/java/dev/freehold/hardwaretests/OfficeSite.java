package dev.freehold.hardwaretests;

import com.anthropic.client.AnthropicClient;
import com.openai.client.OpenAIClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;

/**
 * The shared site of an office: a box whose starter model knows tools and says sensible things,
 * whose small one is quick, and whose third makes vectors. A suite may ask for the clients of the
 * official SDKs as well.
 */
final class OfficeSite extends SharedSite {

  static final String ASSISTANT = "assistant";
  static final String SMALL = "small";
  static final String EMBEDDER = "embedder";
  static final String RANKER = "ranker";

  /** Names a model of the catalogue that ranks; without it there is no {@link #RANKER}. */
  static final String RANKER_PROPERTY = "freehold.reranker";

  private static final Namespace NAMESPACE = Namespace.create(OfficeSite.class);

  OfficeSite() {
    super("office", policy());
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Office.class
        || type == OpenAIClient.class
        || type == AnthropicClient.class
        || super.supportsParameter(parameter, context);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Office office = office(parameter, context);
    Site site = office.site();
    Class<?> type = parameter.getParameter().getType();
    if (type == Office.class) {
      return office;
    }
    return type == Site.class
        ? site
        : context
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(type, _ -> sdk(type, site), Sdk.class)
            .client();
  }

  /** Of a class marked {@link RemoteRoute}, the one whose box sends everything to this site's. */
  private Office office(ParameterContext parameter, ExtensionContext context) {
    Site site = (Site) super.resolveParameter(parameter, context);
    return context.getRequiredTestClass().isAnnotationPresent(RemoteRoute.class)
        ? context
            .getRoot()
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(
                RemoteRoute.class, _ -> RemoteOffice.start(site), RemoteOffice.class)
            .office()
        : Office.ofBox(site);
  }

  private static Sdk sdk(Class<?> type, Site site) {
    if (type == OpenAIClient.class) {
      OpenAIClient client = SdkClients.openAi(site, alice(site));
      return new Sdk(client, client::close);
    }
    AnthropicClient client = SdkClients.anthropic(site, alice(site));
    return new Sdk(client, client::close);
  }

  private static String policy() {
    String ranker = System.getProperty(RANKER_PROPERTY, "");
    return ranker.isEmpty()
        ? Policies.OFFICE
        : Policies.OFFICE.replace(
            "models:\n",
            "models:\n  %s: {catalogue: %s, context: 2048, slots: 4}\n".formatted(RANKER, ranker));
  }

  /** The address that Anthropic's SDKs want: without {@code /v1}. */
  static String baseUrl(Site site) {
    return site.box().url().replaceFirst("/v1$", "");
  }

  /** What a Python program finds in its environment, by the names that client.env has. */
  static Map<String, String> environment(Site site, ClientIdentity client) {
    return Map.of(
        "OPENAI_BASE_URL", site.box().url(),
        "OPENAI_API_KEY", "unused",
        "FREEHOLD_URL", site.box().url(),
        "FREEHOLD_CA", client.authority().toString(),
        "FREEHOLD_CERT", client.certificate().toString(),
        "FREEHOLD_KEY", client.key().toString(),
        "FREEHOLD_MODEL", ASSISTANT,
        "FREEHOLD_SMALL_MODEL", SMALL,
        "FREEHOLD_EMBEDDING_MODEL", EMBEDDER,
        "FREEHOLD_HEALTH", site.box().health());
  }

  static ClientIdentity alice(Site site) {
    return site.client("alice", "everyone");
  }

  /** Ends with the suite that asked for it. */
  private record Sdk(Object client, Runnable end) implements AutoCloseable {
    @Override
    public void close() {
      end.run();
    }
  }
}
