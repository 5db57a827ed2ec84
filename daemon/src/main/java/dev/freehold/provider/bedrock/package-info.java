/**
 * Amazon Bedrock's Converse API, and what AWS wants to see of a caller.
 *
 * <p>Sources: the Bedrock Runtime API reference (ConverseStream), the description of the event
 * stream's encoding, the Signature Version 4 guide, and the STS reference (AssumeRole). The
 * signature is our own: AWS's signer comes with nine libraries and writes what it signs, session
 * tokens included, to its log. It judges ours in the tests.
 */
package dev.freehold.provider.bedrock;
