/**
 * The policy of a site: what it says, how its one YAML file is read and checked, and how a route's
 * condition is evaluated.
 *
 * <p>Start with {@link dev.freehold.bundle.policy.Policy}. Everything here is immutable and may be
 * shared between threads. A {@code Policy} that exists is valid: every name it uses is declared,
 * every condition compiles, and a more sensitive label never allows more than a less sensitive one.
 */
package dev.freehold.bundle.policy;
