package dev.freehold.bundle;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;

/**
 * The object identifiers of Freehold's own. They stand under 2.25, the arc where a UUID needs no
 * registration (ITU-T X.667).
 */
public final class ObjectIdentifiers {

  private static final ASN1ObjectIdentifier FREEHOLD =
      new ASN1ObjectIdentifier("2.25.94777896682784572624918304489051704664");

  /** The content type that a bundle's signatures cover; nothing else is ever signed under it. */
  public static final ASN1ObjectIdentifier BUNDLE_CONTENT = FREEHOLD.branch("1");

  /** The extended key usage of a certificate that may sign bundles. */
  public static final ASN1ObjectIdentifier BUNDLE_SIGNING = FREEHOLD.branch("2");

  /** The attribute of a certification request that carries the box's ML-KEM-768 public key. */
  public static final ASN1ObjectIdentifier BOX_ENCRYPTION_KEY = FREEHOLD.branch("3");

  /** The extended key usage of an operator's certificate. */
  public static final ASN1ObjectIdentifier OPERATOR = FREEHOLD.branch("4");

  /**
   * The extended key usage of a controller's server certificate. A box's own certificate comes from
   * the same root: without this, one box could pose as the controller to another.
   */
  public static final ASN1ObjectIdentifier CONTROLLER = FREEHOLD.branch("5");

  private ObjectIdentifiers() {}
}
