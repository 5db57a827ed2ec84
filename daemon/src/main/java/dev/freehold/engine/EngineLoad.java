package dev.freehold.engine;

/**
 * What an engine is doing at one moment.
 *
 * @param slots its slots
 * @param slotsBusy slots that hold a running sequence
 * @param queued requests waiting for a slot, parked sequences included
 * @param queueSeconds estimate of how long a request that arrives now waits for a slot
 */
public record EngineLoad(int slots, int slotsBusy, int queued, double queueSeconds) {}
