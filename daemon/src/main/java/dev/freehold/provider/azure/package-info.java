/**
 * OpenAI's API as Azure has it: other paths and another header for the key, the same bodies.
 * Shapes: Microsoft's reference of Azure OpenAI, data plane, both the dated versions and v1.
 */
package dev.freehold.provider.azure;
