package dev.freehold.bundle;

import java.util.Objects;

/** A bundle that was refused. Neither the message nor the cause holds anything of its content. */
public final class BundleException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Why; each is an attack or a mistake that a box survives. */
  public enum Reason {
    /** More bytes than any bundle has. */
    OVERSIZED,
    /** Not the one canonical encoding of a bundle: cut off, garbled or something else. */
    MALFORMED,
    /** Encrypted to another key than this box's. */
    WRONG_RECIPIENT,
    /** An algorithm, or a parameter of one, that a bundle never uses. */
    ALGORITHM_NOT_ALLOWED,
    /** The ciphertext or what is bound to it was changed. */
    DECRYPTION_FAILED,
    /** One of the two signatures is not there. */
    SIGNATURE_MISSING,
    /** A signature stands twice, or a third one is there. */
    SIGNATURE_DUPLICATED,
    /** A signer whose certificate does not come from the trust roots, or is not for bundles. */
    SIGNER_NOT_TRUSTED,
    /** A signature that does not verify. */
    SIGNATURE_INVALID,
    /** Properly signed, but not the content of a bundle. */
    CONTENT_INVALID,
    /** A form of content that this version cannot read. */
    SCHEMA_NOT_SUPPORTED,
    /** For a box of another tenant. */
    WRONG_TENANT,
    /** For another box. */
    WRONG_BOX,
    /** Older than what the box has had. */
    ROLLED_BACK,
    /** The version the box has, with another content. */
    VERSION_REUSED,
    /** It needs a newer daemon. */
    DAEMON_TOO_OLD,
    /** Its time, or its signers', has not come. */
    NOT_YET_VALID,
    /** Its time, or its signers', is over. */
    EXPIRED
  }

  private final Reason reason;

  public BundleException(Reason reason, String message) {
    this(reason, message, null);
  }

  public BundleException(Reason reason, String message, Throwable cause) {
    super(reason + ": " + message, cause);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  public Reason reason() {
    return reason;
  }
}
