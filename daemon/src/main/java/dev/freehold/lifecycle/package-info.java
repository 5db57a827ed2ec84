/**
 * Start-up, shutdown and the {@code freehold} command: the only place that sees every other
 * package.
 *
 * <p>{@link dev.freehold.lifecycle.Box} starts the daemon in named phases and closes it in reverse.
 * Nothing here decides how a request is answered.
 *
 * <p>{@code ModelLoader} makes the models of the bundle those that are served, within a memory
 * budget; its thread, {@code freehold-models}, owns what is wanted and loaded. Each file is tried
 * in a throw-away process first.
 */
package dev.freehold.lifecycle;
