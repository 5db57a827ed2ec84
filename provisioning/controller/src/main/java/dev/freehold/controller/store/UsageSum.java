package dev.freehold.controller.store;

/**
 * What requests that have something in common used together. Costs in different currencies are
 * never added: each currency has a sum of its own.
 *
 * @param name what they have in common: a group, a box, or an hour or day as when it begins
 * @param currency of the cost; empty where there is none
 */
public record UsageSum(
    String name,
    String currency,
    long requests,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    long costMicros) {}
