/**
 * Who may use how much, and what it costs: rates, running requests and budgets of groups, clients
 * and providers, as the policy in force states them.
 *
 * <p>Everything is reserved before it is used and settled when it is known: {@link
 * dev.freehold.limits.Limits} admits a request of a client, its {@link
 * dev.freehold.limits.Reservation} admits each attempt at a provider, and the attempt's {@link
 * dev.freehold.limits.Charge} ends with the real usage. Both end exactly once, at the latest when
 * they are closed:
 *
 * <pre>{@code
 * limits.apply(policy);                                       // at start, and on each new policy
 *
 * Estimate estimate = Estimate.of(promptTokens, maxTokens);
 * try (Reservation request = limits.reserve(client, groups, estimate, arrival)) {
 *   request.rates().headers().forEach(response::header);
 *   for (ProviderSpec provider : candidates) {
 *     switch (request.attempt(provider)) {
 *       case PassedOver passed -> reasons.add(passed.reason());  // the next candidate
 *       case Granted(Charge charge) -> {
 *         try (charge) {                                      // closed: what is known is charged
 *           send(provider, charge.reserved());                // refused at once: charge.release()
 *           charge.observe(usageSoFar);                       // as the stream tells it
 *           return charge.settle(usage);
 *         }
 *       }
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>All state is in memory, under one lock that is held for microseconds; nothing on a request's
 * way does I/O. Budgets are rebuilt from the usage ledger at start; rates and running requests
 * begin anew, as the requests that held them ended with the process.
 *
 * <p>Rates use a sliding window log ({@code SlidingWindow} says why). That failed requests stay
 * counted, and that an answer's longest length counts until its real one is known, is how OpenAI
 * describes its own limits ("Rate limits" of its API guide).
 */
package dev.freehold.limits;
