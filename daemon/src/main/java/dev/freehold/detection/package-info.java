/**
 * Finds personal data in a request, on the box itself.
 *
 * <p>What it finds can only raise a request's label, never lower it. The routing decision asks
 * once, before it computes the allowed candidates:
 *
 * <pre>{@code
 * Findings findings = detector.scan(request);          // one detector for all requests
 * Label label = groupLabel
 *     .atLeast(headerLabel)
 *     .atLeast(findings.label(policy.detect()));       // findings.raisedBy(…) says why, for the receipt
 * }</pre>
 *
 * With {@code detect: none} the map is empty and the scan may be left out.
 *
 * <p>What always holds:
 *
 * <ul>
 *   <li>Everything of the request that a provider would be sent as text is read, in any order of
 *       surfaces; what could not be read (images, a model's own tokens, text past {@link
 *       dev.freehold.detection.PersonalDataDetector#CHARACTERS_MAX}) is counted as if every kind
 *       had been found in it. An officer who states that e-mail addresses stay in the house does
 *       not mean "unless they are in a screenshot".
 *   <li>The time is linear in the length of the request: each scanner looks at a candidate of
 *       bounded length, and the costly checks of a request are counted and bounded.
 *   <li>Findings name kinds and never hold, log or print what was found.
 * </ul>
 *
 * <p>How it works: {@link dev.freehold.detection.RequestTexts} lists the texts, {@link
 * dev.freehold.detection.FoldedText} undoes disguises (wide forms, invisible characters, escapes),
 * {@link dev.freehold.detection.TextScan} goes once over the characters and hands candidates to the
 * scanner of their shape, which asks check digits, libphonenumber or commons-validator. Everything
 * runs on the request's own thread; a detector keeps no state of a request.
 */
package dev.freehold.detection;
