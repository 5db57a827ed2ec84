/**
 * What an operator's monitoring sees: metrics and health, on a loopback port.
 *
 * <p>Metric labels hold only names that the policy knows (providers, models) and fixed words. They
 * never hold a client's name, an address or content, so their number is bounded by the policy. All
 * classes here may be used from any thread.
 */
package dev.freehold.observability;
