/**
 * Small files that must survive a power cut: keys, certificates, bundles and counters. They are
 * written beside their place, synced and moved, so a file is there whole, old or new, or not at
 * all.
 */
package dev.freehold.bundle.files;
