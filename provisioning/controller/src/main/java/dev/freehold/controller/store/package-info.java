/**
 * What the controller remembers, in one encrypted H2 file through Micronaut Data over R2DBC.
 *
 * <p>Only this package knows tables and rows; {@link dev.freehold.controller.store.ControllerStore}
 * is its face. Every method is one transaction, blocks its (virtual) thread and returns what is
 * already committed; what must survive a power cut is synced before the method returns. The
 * authority's keys and the version counter are not kept here: a lost database costs history and the
 * list of boxes, never trust.
 */
package dev.freehold.controller.store;
