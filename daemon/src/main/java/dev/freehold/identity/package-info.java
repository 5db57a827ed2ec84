/**
 * Who this box is: its keys, its certificate, and which controller it belongs to.
 *
 * <p>{@link dev.freehold.identity.Enrolment} makes an identity once, by EST with a one-time token
 * and a pinned controller; {@link dev.freehold.identity.Identity} opens it at every start after
 * that. The files are small, synced and private to their owner; an identity is there whole or not
 * at all, and nothing of it is kept in a database. Immutable, usable from any thread.
 */
package dev.freehold.identity;
