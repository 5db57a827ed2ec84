/**
 * The controller: enrols boxes and publishes their bundles.
 *
 * <p>Start with {@link dev.freehold.controller.Controller}: its start is a list of phases. {@code
 * authority} issues certificates, {@code enrolment} decides who gets one, {@code publishing} makes
 * bundles, {@code fleet} takes what boxes report, {@code store} keeps it all, {@code api} is the
 * only package that knows HTTP, {@code cli} is {@code freeholdctl}. Requests run on virtual
 * threads; what they share is in the store or guarded where it is declared.
 */
package dev.freehold.controller;
