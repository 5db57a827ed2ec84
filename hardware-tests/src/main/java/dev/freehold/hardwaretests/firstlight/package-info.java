/**
 * First light, the program behind {@code mvn -Prun}: from nothing to an answer over mutual TLS, on
 * loopback, through the same commands that an operator uses.
 *
 * <p>The main thread drives it; a shutdown hook takes the site down when the user ends it.
 */
package dev.freehold.hardwaretests.firstlight;
