package dev.freehold.engine;

/**
 * What an engine is doing at one moment.
 *
 * @param slots its slots
 * @param slotsBusy slots that hold a running sequence
 * @param queued requests waiting for a slot, parked sequences included
 * @param kvTokensReserved KV cells promised to running sequences
 * @param kvTokens KV cells there are
 * @param queueSeconds estimate of how long a request that arrives now waits for a slot
 * @param promptTokensTotal prompt tokens computed since the start
 * @param completionTokensTotal tokens generated since the start
 */
public record EngineLoad(
    int slots,
    int slotsBusy,
    int queued,
    int kvTokensReserved,
    int kvTokens,
    double queueSeconds,
    long promptTokensTotal,
    long completionTokensTotal) {}
