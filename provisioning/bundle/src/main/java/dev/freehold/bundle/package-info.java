/**
 * The bundle: the one signed, encrypted and versioned unit that a controller publishes for a box.
 *
 * <p>Start with {@link dev.freehold.bundle.BundleContent} (what is inside), then {@link
 * dev.freehold.bundle.BundleSealer} (the controller's side) and {@link
 * dev.freehold.bundle.BundleOpener} (the box's side, which trusts nothing). The form is CMS (RFC
 * 5652): SignedData by an ECDSA P-256 and an ML-DSA-65 key (RFC 9882), inside AuthEnvelopedData
 * (RFC 5083) with AES-256-GCM for an ML-KEM-768 recipient (RFC 9629, RFC 9936).
 *
 * <p>Everything here is stateless or immutable and may be used from any thread. Bytes that were not
 * opened by the opener are never interpreted, and a bundle that is refused is refused by a named
 * reason, never by a run-time exception.
 */
package dev.freehold.bundle;
