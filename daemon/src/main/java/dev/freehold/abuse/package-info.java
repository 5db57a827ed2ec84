/**
 * Abuse: found by stated rules, ended by shutting the client out for a while, told to the
 * controller.
 *
 * <p>{@link dev.freehold.abuse.Watch} counts what it is told and compares it with the bounds of
 * {@link dev.freehold.abuse.AbuseRules}, where each rule stands with its window, its threshold and
 * its source. {@link dev.freehold.abuse.Quarantine} is who is shut out and until when; it ends by
 * itself, longer each time, and survives a restart. Both are safe for use from any thread; neither
 * waits for anything but, when somebody is shut out, one small file.
 *
 * <p>Nothing here sees content. Distinct prompts are told apart by {@link
 * dev.freehold.abuse.PromptDigest}, under a key that this process made and nobody else has.
 *
 * <p>Who tells what:
 *
 * <ul>
 *   <li>the TLS of the LAN port, of a handshake that fails for the client's certificate (none,
 *       expired, not trusted), and the admission of a request whose certificate no longer holds:
 *       {@code CertificateRefused}
 *   <li>the admission of each request: {@code Arrived}, before any limit is asked
 *   <li>the surfaces, once a request is read and admitted: {@code Prompted} or {@code Embedded}
 *   <li>the settlement of what was admitted: {@code Answered} with what was written
 *   <li>the limits, of each request that they refuse: {@code Limited}. An engine or a provider that
 *       is busy with others answers 429, too, which is not the client's doing
 * </ul>
 *
 * <p>Who asks: the accept of a connection, by address, before its handshake; the admission of each
 * request, by client, after {@code Arrived}. A client in quarantine is refused with OVERLOADED and
 * the time that is left, hence 429 with {@code Retry-After}, and not with FORBIDDEN: it ends by
 * itself, which is what 429 says and clients' libraries understand, while a 403 sends people
 * looking for a mistake in the policy or the certificate.
 */
package dev.freehold.abuse;
