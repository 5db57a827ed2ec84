package dev.freehold.hardwaretests;

/** The policies that the suites publish. */
final class Policies {

  /** Everything stays on the box, whose model is the small one. */
  static final String LOCAL_ONLY =
      """
      site: suite
      models:
        small: {catalogue: smollm2-135m, context: 8192, slots: 8}
      providers:
        local: {kind: engine}
      locality:
        restricted: [local]
        confidential: [local]
        internal: [local]
        public: [local]
      clients:
        everyone: {label: internal}
        website: {label: public}
        legal: {label: confidential}
      routes:
        - {name: usual, use: [local]}
      """;

  /**
   * Everything stays on the box, which has the starter model, the small one and one for vectors.
   */
  static final String OFFICE =
      LOCAL_ONLY.replace(
          "models:\n",
          """
          models:
            assistant: {catalogue: qwen2.5-coder-0.5b, context: 8192}
            embedder: {catalogue: all-minilm-l6-v2, context: 2048, slots: 4}
          """);

  private Policies() {}

  /** The office's policy where every request is sent on to one provider of the site. */
  static String remoteOffice(String provider, String url) {
    return OFFICE
        .replaceAll("(context: \\d+)", "$1, load: demand")
        .replace(
            "  local: {kind: engine}\n",
            "  local: {kind: engine}\n  %s: {kind: openai, trust: site, url: \"%s\"}\n"
                .formatted(provider, url))
        .replace("confidential: [local]", "confidential: [local, site]")
        .replace("internal: [local]", "internal: [local, site]")
        .replace("public: [local]", "public: [local, site]")
        .replace("use: [local]", "use: [%s]".formatted(provider));
  }

  /** Prefers a provider outside for everyone; only locality keeps a request in. */
  static String preferOutside(String url, String credential) {
    return """
    site: suite
    models:
      small: {catalogue: smollm2-135m, context: 8192, slots: 8}
    providers:
      local: {kind: engine}
      outside: {kind: openai, trust: cloud, region: XX, url: "%s", credential: %s}
    locality:
      restricted: [local]
      confidential: [local, site]
      internal: [local, site]
      public: [local, site, sovereign, cloud]
    clients:
      website: {label: public}
      legal: {label: confidential}
    routes:
      - {name: outward, use: [outside, local]}
    """
        .formatted(url, credential);
  }
}
