package dev.freehold.routing;

import dev.freehold.inference.InferenceEvent;

/** An attempt that gave its first event. */
record Begun(Running running, InferenceEvent event) {}
