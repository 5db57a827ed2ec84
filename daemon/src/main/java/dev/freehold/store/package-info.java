/**
 * The box's ledger: one record for every request, in an encrypted H2 file.
 *
 * <p>The file is reached through Micronaut Data over R2DBC and nothing else; nobody outside this
 * package sees a connection. Writes go through one bounded queue to one writer thread, which groups
 * them into commits that reach the disk. A record says who, where and how much, and never holds
 * content. Losing the file costs history only.
 */
package dev.freehold.store;
