/**
 * A site from outside: a controller, a box and clients, each its own process, started from the
 * distribution and reached as a user reaches them: by commands, files, HTTP.
 *
 * <p>The suites, the benchmarks and the first-light program share it. Nothing here links the code
 * under test. One thread drives a site; it owns the processes and ends them when it closes.
 */
package dev.freehold.hardwaretests.site;
