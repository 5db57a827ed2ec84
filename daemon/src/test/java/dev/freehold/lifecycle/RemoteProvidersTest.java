package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestAuthority;
import dev.freehold.bundle.policy.OAuthSpec;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.ProviderSpec.Kind;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.RemoteProvider;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which providers a policy can have, and what each needs. */
class RemoteProvidersTest {

  private static final TestAuthority.Credential DEVICE =
      TestAuthority.create("boxes").client("CN=box-a,OU=boxes");
  private static final ClientIdentity OWN =
      new ClientIdentity(DEVICE.keys().getPrivate(), DEVICE.chain());

  private static RemoteProvider open(ProviderSpec spec) {
    return RemoteProviders.overNetwork().open(spec, Optional::empty, OWN);
  }

  private static ProviderSpecs of(Kind kind) {
    return ProviderSpecs.of("p", kind, TrustClass.CLOUD);
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"BEDROCK", "COHERE", "ALEPH_ALPHA"})
  void providersWithOneHostNeedNoUrl(Kind kind) {
    try (RemoteProvider provider = open(of(kind).region("eu-central-1").role("arn:x").spec())) {
      assertEquals("p", provider.name());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"OPENAI", "AZURE_OPENAI", "PEER"})
  void othersNeedOne(Kind kind) {
    URI url = URI.create("https://p.test");
    try (RemoteProvider provider = open(of(kind).url(url).spec())) {
      assertEquals("p", provider.name());
    }
    assertThrows(IllegalArgumentException.class, () -> open(of(kind).spec()));
  }

  @Test
  void tokensMayBeHadForASecret() {
    OAuthSpec oauth =
        new OAuthSpec(URI.create("https://login.test/token"), "client", Optional.empty());
    URI url = URI.create("https://p.test");
    for (Kind kind : List.of(Kind.OPENAI, Kind.AZURE_OPENAI, Kind.ALEPH_ALPHA)) {
      try (RemoteProvider provider = open(of(kind).url(url).oauth(oauth).spec())) {
        assertEquals("p", provider.name());
      }
    }
  }

  @Test
  void bedrockNeedsARegion() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> open(of(Kind.BEDROCK).spec()));
    assertTrue(e.getMessage().contains("eu-central-1"));
  }
}
