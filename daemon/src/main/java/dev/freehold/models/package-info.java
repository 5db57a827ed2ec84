/**
 * The model files of this box: where they are kept and how they arrive.
 *
 * <p>A file is named by the SHA-256 of its content and gets that name by one atomic rename after
 * its content was read back to that hash. So a file that has the name may be used, and a reader
 * never sees half of one. Nothing that arrives with a model is ever run.
 *
 * <p>Any thread may call these classes. Fetchers of the same model, in this process or another,
 * take turns by a lock file beside it.
 */
package dev.freehold.models;
