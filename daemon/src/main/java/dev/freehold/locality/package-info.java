/**
 * What may leave the box, as a type.
 *
 * <p>A {@link dev.freehold.locality.Permit} says that one request may go to one provider. Code that
 * reaches anything outside the box asks for one; only {@link dev.freehold.locality.Locality} makes
 * them, from the policy's statement, and only routing asks it to. So fallback, retry, hedging,
 * embedding and whatever else is built later cannot reach a provider that the policy does not allow
 * for the request's label: they have nothing to show. A test over the compiled classes keeps it so.
 *
 * <p>All types are immutable.
 */
package dev.freehold.locality;
