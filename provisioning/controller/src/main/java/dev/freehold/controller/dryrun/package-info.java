/**
 * A policy tried against requests of the past: what it would have decided, and what another would.
 *
 * <p>Nothing here asks a controller or a box. {@link
 * dev.freehold.controller.dryrun.RecordedRequests} reads what was kept of requests, which is never
 * their content; {@link dev.freehold.controller.dryrun.DryRun} decides each with the box's own
 * {@link dev.freehold.bundle.policy.RouteTable}.
 */
package dev.freehold.controller.dryrun;
