package dev.freehold.hardwaretests.benchmark;

import java.util.Map;

/**
 * What one contender reached in one round.
 *
 * @param requests of one client on a kept connection
 * @param perSecond requests a second, by the number of clients
 * @param firstTexts of the streams at a pace
 * @param gaps between the texts of these streams
 * @param lost texts of these streams that never came
 */
record GatewayRound(
    Times requests, Map<Integer, Double> perSecond, Times firstTexts, Times gaps, int lost) {}
