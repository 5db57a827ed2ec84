/** The wire format that the controller and a box share. */
package dev.freehold.bundle;
