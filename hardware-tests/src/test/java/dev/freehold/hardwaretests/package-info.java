/**
 * The black-box suites. Each starts the real processes of the distribution in a folder of its own
 * below {@code target/suites}, which keeps their states and logs, and reads as a procedure.
 */
package dev.freehold.hardwaretests;
