/**
 * Makes GGUF files: of a checkpoint as training tools write it, for models whose authors publish no
 * GGUF.
 *
 * <p>A conversion is a pure function of its input files: the same bytes in give the same bytes out
 * on every machine and in every version, because the catalogue pins the SHA-256 of the result.
 * Whoever changes what is written here changes that hash. Input is untrusted: every offset, size
 * and name is checked before it is used. One thread at a time; nothing here is shared.
 */
package dev.freehold.models.gguf;
