/**
 * Who becomes a box of this tenant: one-time tokens, the checks of a certification request, and the
 * certificate that follows. Knows nothing of HTTP. Safe for use from any thread; what happens once
 * happens once by the database's own conditions.
 */
package dev.freehold.controller.enrolment;
