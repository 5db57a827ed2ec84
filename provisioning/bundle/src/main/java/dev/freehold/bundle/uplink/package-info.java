/**
 * What passes between a box and its controller beside bundles. {@link
 * dev.freehold.bundle.uplink.ControllerTls} is how a client of the controller, a box or an
 * operator, knows that it speaks to the controller and proves who it is itself (TLS 1.3 only);
 * {@link dev.freehold.bundle.uplink.HeartbeatMessage} is what a box reports each minute, with its
 * bounds, which both sides check. Immutable, usable from any thread.
 */
package dev.freehold.bundle.uplink;
