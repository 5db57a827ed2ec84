/**
 * The keys of a tenant and the certificates they issue.
 *
 * <p>Two roots (P-256 and ML-DSA-65) that boxes pin; below the classical one an authority each for
 * boxes, for LAN clients and for the service itself (the controller's own server and its
 * operators), so that no certificate of one kind passes for another; and the two bundle signers,
 * which the roots issue themselves. Keys live in files that only their owner reads. Immutable once
 * opened, usable from any thread.
 */
package dev.freehold.controller.authority;
