package dev.freehold.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.BundleException.Reason;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.SimpleAttributeTableGenerator;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKEMRecipientInfoGenerator;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an attacker on the way, or a wrong controller, may try; each is refused by its name. */
final class BundleAttackTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final String SECRET = "sk-canary-credential";

  private static TestAuthority authority;
  private static TestAuthority stranger;
  private static KeyPair box;
  private static KeyPair otherBox;

  @BeforeAll
  static void makeKeys() throws Exception {
    authority = new TestAuthority();
    stranger = new TestAuthority();
    box = Keys.generateMlKem768();
    otherBox = Keys.generateMlKem768();
  }

  @Test
  void bundleOpensForItsBoxAndSaysWhatWasSealed() throws Exception {
    BundleContent content = content(7);

    OpenedBundle opened = open(seal(content), expectation(VersionFloor.NONE, NOW));

    assertEquals(content, opened.content());
    assertEquals(new VersionFloor(1, 7, opened.contentSha256()), opened.floor());
    assertFalse(content.toString().contains(SECRET));
  }

  @Test
  void sameVersionWithSameContentOpensAgain() throws Exception {
    VersionFloor floor = open(seal(content(7)), expectation(VersionFloor.NONE, NOW)).floor();

    assertEquals(7, open(seal(content(7)), expectation(floor, NOW)).content().version());
  }

  @Test
  void rollback() throws Exception {
    byte[] older = seal(content(6));

    assertRefused(Reason.ROLLED_BACK, older, expectation(new VersionFloor(1, 7, "x"), NOW));
    assertRefused(Reason.ROLLED_BACK, older, expectation(new VersionFloor(2, 1, "x"), NOW));
  }

  @Test
  void newEpochRecoversFromFastForward() throws Exception {
    VersionFloor runAway = new VersionFloor(1, Long.MAX_VALUE, "x");

    assertEquals(
        2,
        open(
                seal(content("acme", "box-1", 2, 1, NOW, NOW.plusSeconds(100))),
                expectation(runAway, NOW))
            .content()
            .epoch());
  }

  @Test
  void sameVersionWithDifferentContent() throws Exception {
    assertRefused(
        Reason.VERSION_REUSED, seal(content(7)), expectation(new VersionFloor(1, 7, "ab"), NOW));
  }

  @Test
  void wrongBox() throws Exception {
    assertRefused(Reason.WRONG_BOX, seal(content("acme", "box-2", 1, 7, NOW, NOW.plusSeconds(9))));
  }

  @Test
  void wrongTenant() throws Exception {
    assertRefused(
        Reason.WRONG_TENANT, seal(content("other", "box-1", 1, 7, NOW, NOW.plusSeconds(9))));
  }

  @Test
  void encryptedToAnotherBoxsKey() throws Exception {
    assertRefused(
        Reason.WRONG_RECIPIENT,
        BundleSealer.seal(content(7), authority.signers, otherBox.getPublic()));
  }

  @Test
  void strippedSignature() throws Exception {
    byte[] signed = signed(content(7), authority.signers);

    for (int stripped = 0; stripped < 2; stripped++) {
      int index = stripped;
      assertRefused(
          Reason.SIGNATURE_MISSING, envelop(withSigners(signed, signers -> signers.remove(index))));
    }
    assertRefused(Reason.SIGNATURE_MISSING, envelop(withSigners(signed, List::clear)));
  }

  @Test
  void duplicatedSigner() throws Exception {
    byte[] signed = signed(content(7), authority.signers);

    for (int kept = 0; kept < 2; kept++) {
      int index = kept;
      assertRefused(
          Reason.SIGNATURE_DUPLICATED,
          envelop(withSigners(signed, signers -> signers.set(1 - index, signers.get(index)))));
      assertRefused(
          Reason.SIGNATURE_DUPLICATED,
          envelop(withSigners(signed, signers -> signers.add(signers.get(index)))));
    }
  }

  @Test
  void swappedSignature() throws Exception {
    byte[] signed = signed(content(7), authority.signers);
    byte[] later = signed(content(8), authority.signers);

    assertRefused(
        Reason.SIGNATURE_INVALID,
        envelop(withSigners(signed, signers -> signers.set(0, signerInfos(later).get(0)))));
    assertRefused(
        Reason.SIGNATURE_INVALID,
        envelop(withSigners(signed, signers -> signers.set(1, signerInfos(later).get(1)))));
  }

  @Test
  void reEncryptionByAnother() throws Exception {
    // The stranger knows the box's public key and signs properly, under roots of its own.
    assertRefused(
        Reason.SIGNER_NOT_TRUSTED,
        BundleSealer.seal(content(7), stranger.signers, box.getPublic()));
  }

  @Test
  void oneOfTwoSignersIsNotOurs() throws Exception {
    SigningKeys ours = authority.signers;
    SigningKeys theirs = stranger.signers;

    assertRefused(
        Reason.SIGNER_NOT_TRUSTED,
        BundleSealer.seal(
            content(7),
            new SigningKeys(
                ours.classicalKey(),
                ours.classicalCertificate(),
                theirs.postQuantumKey(),
                theirs.postQuantumCertificate()),
            box.getPublic()));
    assertRefused(
        Reason.SIGNER_NOT_TRUSTED,
        BundleSealer.seal(
            content(7),
            new SigningKeys(
                theirs.classicalKey(),
                theirs.classicalCertificate(),
                ours.postQuantumKey(),
                ours.postQuantumCertificate()),
            box.getPublic()));
  }

  @Test
  void certificateOfOursThatIsNotForBundles() throws Exception {
    assertRefused(
        Reason.SIGNER_NOT_TRUSTED,
        BundleSealer.seal(
            content(7), authority.signersFor(KeyPurposeId.id_kp_serverAuth), box.getPublic()));
  }

  @Test
  void ourCertificateOverAnothersSignature() throws Exception {
    SigningKeys ours = authority.signers;
    SigningKeys theirs = stranger.signers;

    assertRefused(
        Reason.SIGNATURE_INVALID,
        BundleSealer.seal(
            content(7),
            new SigningKeys(
                theirs.classicalKey(),
                ours.classicalCertificate(),
                ours.postQuantumKey(),
                ours.postQuantumCertificate()),
            box.getPublic()));
  }

  @Test
  void algorithmDowngradeOfTheContentEncryption() throws Exception {
    byte[] signed = signed(content(7), authority.signers);

    assertRefused(
        Reason.ALGORITHM_NOT_ALLOWED,
        envelop(signed, NISTObjectIdentifiers.id_aes128_GCM, EnvelopeFormat.KEY_WRAP));
    assertRefused(
        Reason.ALGORITHM_NOT_ALLOWED,
        envelop(signed, EnvelopeFormat.CONTENT_ENCRYPTION, NISTObjectIdentifiers.id_aes128_wrap));
  }

  @Test
  void algorithmDowngradeOfTheKem() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-KEM-512", Keys.bouncyCastle());
    KeyPair weak = generator.generateKeyPair();

    byte[] sealed = BundleSealer.envelop(signed(content(7), authority.signers), weak.getPublic());

    BundleException refused =
        assertThrows(
            BundleException.class,
            () ->
                BundleOpener.open(
                    sealed, weak, authority.roots, expectation(VersionFloor.NONE, NOW)));
    assertEquals(Reason.ALGORITHM_NOT_ALLOWED, refused.reason());
  }

  @Test
  void plainSignedDataWithoutEncryption() throws Exception {
    byte[] bare =
        new ContentInfo(
                CMSObjectIdentifiers.signedData,
                ASN1Primitive.fromByteArray(signed(content(7), authority.signers)))
            .getEncoded(ASN1Encoding.DER);

    assertRefused(Reason.MALFORMED, bare);
  }

  @Test
  void contentThatIsNotOfThisSchema() throws Exception {
    byte[] signed =
        BundleSealer.sign("{\"schema\":2}".getBytes(StandardCharsets.UTF_8), authority.signers);
    byte[] garbage = BundleSealer.sign(new byte[] {1, 2, 3}, authority.signers);

    assertRefused(Reason.SCHEMA_NOT_SUPPORTED, envelop(signed));
    assertRefused(Reason.CONTENT_INVALID, envelop(garbage));
  }

  @Test
  void daemonTooOld() throws Exception {
    BundleContent content =
        new BundleContent(
            "acme",
            "box-1",
            1,
            7,
            1,
            "0.10.0",
            NOW,
            NOW.plusSeconds(9),
            "site: x",
            Map.of(),
            List.of(),
            List.of());

    assertRefused(Reason.DAEMON_TOO_OLD, seal(content));
  }

  @Test
  void expired() throws Exception {
    byte[] sealed = seal(content("acme", "box-1", 1, 7, NOW.minusSeconds(99), NOW));

    assertEquals(7, open(sealed, expectation(VersionFloor.NONE, NOW)).content().version());
    assertRefused(Reason.EXPIRED, sealed, expectation(VersionFloor.NONE, NOW.plusSeconds(1)));
  }

  @Test
  void keptBundleThatExpiredStillOpensAndSaysSo() throws Exception {
    byte[] sealed = seal(content("acme", "box-1", 1, 7, NOW.minusSeconds(99), NOW));
    Instant later = NOW.plusSeconds(1000);

    BundleContent content =
        BundleOpener.openKept(sealed, box, authority.roots, expectation(VersionFloor.NONE, later))
            .content();

    assertTrue(content.isExpired(later));
  }

  @Test
  void notYetValid() throws Exception {
    assertRefused(
        Reason.NOT_YET_VALID,
        seal(content("acme", "box-1", 1, 7, NOW.plusSeconds(1), NOW.plusSeconds(9))));
  }

  @Test
  void clockAt1970IsNotBelieved() throws Exception {
    Expectation expectation =
        new Expectation("acme", "box-1", VersionFloor.NONE, "0.1.0", Instant.EPOCH, NOW);

    assertEquals(7, open(seal(content(7)), expectation).content().version());
  }

  @Test
  void clockAt2038FindsTheSignersExpired() throws Exception {
    Instant far = Instant.parse("2038-01-19T03:14:08Z");
    byte[] sealed = seal(content("acme", "box-1", 1, 7, NOW, far.plusSeconds(9)));

    assertRefused(Reason.EXPIRED, sealed, expectation(VersionFloor.NONE, far));
  }

  @Test
  void truncated() throws Exception {
    byte[] sealed = seal(content(7));

    for (int length = 0; length < sealed.length; length += 1 + length / 20) {
      assertRefused(Reason.MALFORMED, Arrays.copyOf(sealed, length));
    }
  }

  @Test
  void trailingBytes() throws Exception {
    byte[] sealed = seal(content(7));

    assertRefused(Reason.MALFORMED, Arrays.copyOf(sealed, sealed.length + 1));
  }

  @Test
  void oversized() {
    assertRefused(Reason.OVERSIZED, new byte[EnvelopeFormat.SEALED_BYTES_MAX + 1]);
  }

  @Test
  void deeplyNestedEncoding() {
    byte[] nested = new byte[100_000];
    for (int i = 0; i < nested.length; i += 2) {
      nested[i] = 0x30;
      nested[i + 1] = (byte) 0x80;
    }

    assertRefused(Reason.MALFORMED, nested);
  }

  @Test
  void bitFlipsAnywhereInTheSealedBundle() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] sealed = seal(content(7));

    // The first bytes are the structure; every bit of them is tried.
    List<Integer> bits = new ArrayList<>();
    for (int bit = 0; bit < 8 * 200; bit++) {
      bits.add(bit);
    }
    for (int i = 0; i < 600; i++) {
      bits.add(random.nextInt(8 * sealed.length));
    }
    for (int bit : bits) {
      byte[] flipped = sealed.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThrows(
          BundleException.class,
          () -> open(flipped, expectation(VersionFloor.NONE, NOW)),
          () -> "bit " + bit + " flipped was accepted; seed " + seed);
    }
  }

  @Test
  void bitFlipsAnywhereInsideTheEncryption() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] signed = signed(content(7), authority.signers);
    BundleContent original = content(7);

    // Re-encrypted after each flip: what a controller's own mistake, or its encryption's, would do.
    for (int i = 0; i < 400; i++) {
      int bit = random.nextInt(8 * signed.length);
      byte[] flipped = signed.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      byte[] sealed = envelop(flipped);
      try {
        // Parts of the two certificates' files that no signature covers may differ: never content.
        assertEquals(
            original,
            open(sealed, expectation(VersionFloor.NONE, NOW)).content(),
            () -> "bit " + bit + ", seed " + seed);
      } catch (BundleException refused) {
        assertFalse(refused.getMessage().contains(SECRET));
      }
    }
  }

  @Test
  void noRefusalRepeatsTheContent() throws Exception {
    BundleException refused =
        assertThrows(
            BundleException.class,
            () -> open(seal(content(7)), expectation(new VersionFloor(9, 9, ""), NOW)));

    assertFalse(refused.getMessage().contains(SECRET));
  }

  private static BundleContent content(long version) {
    return content("acme", "box-1", 1, version, NOW.minusSeconds(60), NOW.plusSeconds(3600));
  }

  private static BundleContent content(
      String tenant, String boxName, long epoch, long version, Instant from, Instant until) {
    return new BundleContent(
        tenant,
        boxName,
        epoch,
        version,
        BundleContent.SCHEMA,
        "0.1.0",
        from,
        until,
        "site: zürich\n",
        Map.of("helvet-key", SECRET),
        List.of(new ModelReference("assistant", "smollm2-135m", "ab".repeat(32), 98)),
        List.of("-----BEGIN CERTIFICATE-----"));
  }

  private static byte[] seal(BundleContent content) {
    return BundleSealer.seal(content, authority.signers, box.getPublic());
  }

  private static byte[] signed(BundleContent content, SigningKeys signers) throws Exception {
    return BundleSealer.sign(ContentFormat.write(content), signers);
  }

  private static byte[] envelop(byte[] signedData) throws Exception {
    return BundleSealer.envelop(signedData, box.getPublic());
  }

  private static byte[] envelop(
      byte[] signedData, ASN1ObjectIdentifier encryption, ASN1ObjectIdentifier wrap)
      throws Exception {
    CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
    generator.addRecipientInfoGenerator(
        new JceKEMRecipientInfoGenerator(
                EnvelopeFormat.recipientId(box.getPublic()), box.getPublic(), wrap)
            .setKDF(EnvelopeFormat.KEY_DERIVATION)
            .setProvider(Keys.bouncyCastle()));
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(
        new Attribute(CMSAttributes.contentType, new DERSet(CMSObjectIdentifiers.signedData)));
    generator.setAuthenticatedAttributeGenerator(
        new SimpleAttributeTableGenerator(new AttributeTable(attributes)));
    return generator
        .generate(
            new CMSProcessableByteArray(CMSObjectIdentifiers.signedData, signedData),
            (OutputAEADEncryptor)
                new JceCMSContentEncryptorBuilder(encryption)
                    .setProvider(Keys.bouncyCastle())
                    .build())
        .toASN1Structure()
        .getEncoded(ASN1Encoding.DER);
  }

  private static List<ASN1Primitive> signerInfos(byte[] signedData) {
    List<ASN1Primitive> signers = new ArrayList<>();
    SignedData.getInstance(signedData)
        .getSignerInfos()
        .forEach(signer -> signers.add(signer.toASN1Primitive()));
    signers.sort((a, b) -> Boolean.compare(isPostQuantum(a), isPostQuantum(b)));
    return signers;
  }

  private static boolean isPostQuantum(ASN1Primitive signer) {
    return SignerInfo.getInstance(signer)
        .getDigestEncryptionAlgorithm()
        .getAlgorithm()
        .equals(NISTObjectIdentifiers.id_ml_dsa_65);
  }

  private static byte[] withSigners(byte[] signedData, Consumer<List<ASN1Primitive>> change)
      throws Exception {
    List<ASN1Primitive> signers = signerInfos(signedData);
    change.accept(signers);
    ASN1EncodableVector vector = new ASN1EncodableVector();
    signers.forEach(vector::add);
    ASN1Sequence original = ASN1Sequence.getInstance(signedData);
    ASN1EncodableVector fields = new ASN1EncodableVector();
    for (int i = 0; i < original.size() - 1; i++) {
      fields.add(original.getObjectAt(i));
    }
    fields.add(new DERSet(vector));
    return new DERSequence(fields).getEncoded(ASN1Encoding.DER);
  }

  private static OpenedBundle open(byte[] sealed, Expectation expectation) throws BundleException {
    return BundleOpener.open(sealed, box, authority.roots, expectation);
  }

  private static Expectation expectation(VersionFloor floor, Instant now) {
    return new Expectation("acme", "box-1", floor, "0.1.0-SNAPSHOT", now, TestAuthority.FROM);
  }

  private static void assertRefused(Reason reason, byte[] sealed) {
    assertRefused(reason, sealed, expectation(VersionFloor.NONE, NOW));
  }

  private static void assertRefused(Reason reason, byte[] sealed, Expectation expectation) {
    BundleException refused = assertThrows(BundleException.class, () -> open(sealed, expectation));
    assertEquals(reason, refused.reason(), refused::toString);
  }
}
