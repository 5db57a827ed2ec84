/**
 * The models that a policy may name, and where their bytes can be had.
 *
 * <p>The catalogue is a file in this jar, read once and immutable. What is trusted is a model's
 * SHA-256, never its source: whoever fetches a file compares the hash before the file is used.
 */
package dev.freehold.bundle.catalogue;
