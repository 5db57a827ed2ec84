/**
 * The controller's HTTP: EST (RFC 7030) for boxes that enrol, bundles and hints for boxes that
 * have, and the operator's API.
 *
 * <p>A client certificate is optional in the handshake, since a box that enrols has none, and each
 * route asks for the kind it needs: {@link dev.freehold.controller.api.Callers} is where that is
 * decided, {@link dev.freehold.controller.api.HttpErrors} is where failures become statuses. Each
 * request has its own virtual thread.
 */
package dev.freehold.controller.api;
