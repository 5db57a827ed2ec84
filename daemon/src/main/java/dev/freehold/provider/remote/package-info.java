/**
 * Providers outside this box, whatever API they speak.
 *
 * <p>A {@link dev.freehold.provider.remote.Protocol} puts a request into one provider's API and
 * reads the answer; a {@link dev.freehold.provider.remote.Authorizer} adds the credential; a {@link
 * dev.freehold.provider.remote.Transport} carries both, and only for a {@link
 * dev.freehold.locality.Permit}. {@link dev.freehold.provider.remote.RemoteProvider} joins the
 * three. Each answer has a virtual thread of its own, the pump, which makes the request and reads
 * into a bounded queue: so every time limit holds at every stage, and a close ends any of them.
 *
 * <p>Nothing that a provider says of a failure is repeated, only its status and its waits: they
 * echo keys and prompts.
 */
package dev.freehold.provider.remote;
