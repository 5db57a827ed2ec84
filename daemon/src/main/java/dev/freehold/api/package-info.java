/**
 * The box's own surfaces: the LAN API over mutual TLS, with the document that describes it, and the
 * control socket for the command line.
 *
 * <p>A request's way through this package: {@link dev.freehold.api.LanServer} listens; {@code
 * ApiHandler} admits the client, keeps the request's {@code Exchange} and turns every failure into
 * one error object through {@code ApiErrors}, in the path's {@code Dialect}; {@code
 * InferenceEndpoint} reads the body into the neutral form by its {@code Surface}, asks the router
 * and writes what comes back, whole or as server-sent events. When the request has ended, however
 * it ended, {@code Settlement} writes its usage record, its metrics and its line in the log, none
 * of which holds content.
 *
 * <p>What asks for no inference (models, tokens, the document) has an endpoint of its own and
 * leaves no usage record.
 *
 * <p>Each connection is served by one virtual thread, one request after the other.
 */
package dev.freehold.api;
