/**
 * The operator's side of the controller's API, for {@code freeholdctl} and for tests: a thin client
 * over mutual TLS. Safe for use from any thread.
 */
package dev.freehold.controller.operator;
