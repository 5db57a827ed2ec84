/**
 * Another Freehold box as a provider: its LAN API over mutual TLS, each box showing the certificate
 * that its controller's authority issued.
 *
 * <p>The label goes along, and there it can only rise. Loops cannot form: the other box knows by
 * the certificate that a box asks, and routing gives no permit for a further one.
 */
package dev.freehold.provider.peer;
