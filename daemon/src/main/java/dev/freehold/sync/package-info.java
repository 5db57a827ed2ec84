/**
 * Keeps the box's bundle up to date, and the last good one on the disk; tells the controller how
 * the box is.
 *
 * <p>{@link dev.freehold.sync.BundleSync} runs two virtual threads: one fetches, verifies, hands
 * over and keeps; the other listens for hints and only wakes the first. What is kept in {@link
 * dev.freehold.sync.BundleStore} was verified and accepted, and is verified again when it is read.
 * A bundle in force is never replaced by one that was refused; without a controller the kept one
 * serves on.
 *
 * <p>{@link dev.freehold.sync.Heartbeat} runs one more, {@code heartbeat}: each minute it reports
 * the version in force, the head of the receipts, usage and abuse. What was not acknowledged is
 * reported again, and the controller keeps it once. Nothing waits for it: a controller that is away
 * for a week costs the LAN nothing, and is caught up with afterwards.
 */
package dev.freehold.sync;
