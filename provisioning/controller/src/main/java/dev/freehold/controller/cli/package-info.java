/**
 * {@code freeholdctl}: runs a controller, and speaks to a running one as its operator. Commands are
 * thin; results go to standard output, everything else to standard error.
 */
package dev.freehold.controller.cli;
