/**
 * The commands of {@code freehold} that talk to a running daemon. They are thin: they ask through
 * {@link dev.freehold.api.ControlClient} and print.
 */
package dev.freehold.api.cli;
