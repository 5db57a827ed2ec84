/**
 * How a client of the controller, a box or an operator, knows that it speaks to the controller and
 * proves who it is itself. TLS 1.3 only. Immutable, usable from any thread.
 */
package dev.freehold.bundle.uplink;
