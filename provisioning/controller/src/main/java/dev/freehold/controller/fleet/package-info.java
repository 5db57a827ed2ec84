/**
 * What boxes report of themselves each minute, and what follows from it.
 *
 * <p>A box is who its certificate says, whatever its report says. A report is checked whole before
 * anything of it is kept, and acknowledged once all of it is on the disk; the box then forgets it.
 * It may arrive twice, or in part twice: everything is kept under a key of its own. One report of a
 * box is taken at a time.
 */
package dev.freehold.controller.fleet;
