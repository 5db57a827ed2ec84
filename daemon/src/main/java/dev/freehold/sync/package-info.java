/**
 * Keeps the box's bundle up to date, and the last good one on the disk.
 *
 * <p>{@link dev.freehold.sync.BundleSync} runs two virtual threads: one fetches, verifies, hands
 * over and keeps; the other listens for hints and only wakes the first. What is kept in {@link
 * dev.freehold.sync.BundleStore} was verified and accepted, and is verified again when it is read.
 * A bundle in force is never replaced by one that was refused; without a controller the kept one
 * serves on.
 */
package dev.freehold.sync;
