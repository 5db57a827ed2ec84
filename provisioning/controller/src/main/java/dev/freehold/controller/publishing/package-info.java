/**
 * From a policy file to each box's bundle.
 *
 * <p>A publication has a version; a box's bundle is made from the newest one when the box first
 * asks, kept, and given out unchanged from then on. One lock orders everything that takes a version
 * number; the counter behind it is a synced file of its own, so that a restored database cannot
 * make a box see the same number twice.
 */
package dev.freehold.controller.publishing;
