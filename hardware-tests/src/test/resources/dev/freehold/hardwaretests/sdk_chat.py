"""Chats with a box by the official OpenAI SDK, unmodified, and prints what it saw as JSON.

Reads FREEHOLD_URL, FREEHOLD_CA, FREEHOLD_CERT, FREEHOLD_KEY and FREEHOLD_MODEL, as client.env
names them. The only thing a Freehold client sets up is TLS.
"""

import json
import os
import ssl

import openai

tls = ssl.create_default_context(cafile=os.environ["FREEHOLD_CA"])
tls.load_cert_chain(os.environ["FREEHOLD_CERT"], os.environ["FREEHOLD_KEY"])
client = openai.OpenAI(
    base_url=os.environ["FREEHOLD_URL"],
    api_key="unused",
    max_retries=0,
    http_client=openai.DefaultHttpxClient(verify=tls),
)
model = os.environ["FREEHOLD_MODEL"]
messages = [{"role": "user", "content": "Say hello."}]

whole = client.chat.completions.create(
    model=model, messages=messages, temperature=0, max_tokens=24
)

streamed = ""
finish_reason = None
usage = None
chunks = 0
for chunk in client.chat.completions.create(
    model=model,
    messages=messages,
    temperature=0,
    max_tokens=24,
    stream=True,
    stream_options={"include_usage": True},
):
    chunks += 1
    usage = chunk.usage or usage
    for choice in chunk.choices:
        streamed += choice.delta.content or ""
        finish_reason = choice.finish_reason or finish_reason

completion = client.completions.create(
    model=model, prompt="One, two, three,", temperature=0, max_tokens=8
)

response = client.responses.create(
    model=model, input="Say hello.", temperature=0, max_output_tokens=24
)
response_streamed = ""
response_ended = None
for event in client.responses.create(
    model=model, input="Say hello.", temperature=0, max_output_tokens=24, stream=True
):
    if event.type == "response.output_text.delta":
        response_streamed += event.delta
    if event.type in ("response.completed", "response.incomplete"):
        response_ended = event.response

try:
    client.chat.completions.create(model="no-such-model", messages=messages)
    unknown_model = None
except openai.NotFoundError as e:
    unknown_model = {"status": e.status_code, "code": e.code, "type": e.type, "message": e.message}

print(
    json.dumps(
        {
            "models": [listed.id for listed in client.models.list()],
            "whole": whole.choices[0].message.content,
            "wholeFinish": whole.choices[0].finish_reason,
            "wholeTokens": whole.usage.completion_tokens,
            "streamed": streamed,
            "streamedFinish": finish_reason,
            "streamedTokens": usage.completion_tokens if usage else None,
            "chunks": chunks,
            "completion": completion.choices[0].text,
            "response": response.output_text,
            "responseTokens": response.usage.output_tokens,
            "responseStreamed": response_streamed,
            "responseStreamedTokens": response_ended.usage.output_tokens if response_ended else None,
            "unknownModel": unknown_model,
        }
    )
)
