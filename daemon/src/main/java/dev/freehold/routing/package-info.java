/**
 * Decides where a request may go, and sends it there.
 *
 * <p>A {@link dev.freehold.routing.RoutingTable} is one policy made ready to use; the {@link
 * dev.freehold.routing.Router} holds the one in force and swaps it whole. A {@link
 * dev.freehold.routing.Decision} fixes the allowed candidates before the first attempt, and nothing
 * after it can add one: every attempt of a {@link dev.freehold.routing.RoutedStream} comes from
 * that list. Nothing is committed to the client until a candidate's first real output; after that a
 * failure is passed on and no other candidate is tried.
 *
 * <p>All classes may be used from any thread; a stream has one reader.
 */
package dev.freehold.routing;
