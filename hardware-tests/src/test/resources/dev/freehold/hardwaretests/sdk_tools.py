"""Has the model call a tool, by the official OpenAI SDK, and prints what it saw as JSON."""

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
tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Tells the weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
]
messages = [{"role": "user", "content": "What is the weather in Zurich? Use the tool."}]


def called(message_content, calls):
    """The call as (name, arguments), however llama.cpp's parser for the model's template read it:
    as a tool call, or, for a template that has no mark for one, as an answer of bare JSON."""
    if calls:
        return calls[0]
    call = json.loads(message_content)
    return [call["name"], call["arguments"]]


asked = client.chat.completions.create(
    model=model, messages=messages, tools=tools, temperature=0, max_tokens=128
).choices[0]
whole = called(
    asked.message.content,
    [
        [call.function.name, json.loads(call.function.arguments)]
        for call in asked.message.tool_calls or []
    ],
)

content = ""
name = ""
arguments = ""
finish = None
for chunk in client.chat.completions.create(
    model=model, messages=messages, tools=tools, temperature=0, max_tokens=128, stream=True
):
    for choice in chunk.choices:
        finish = choice.finish_reason or finish
        content += choice.delta.content or ""
        for delta in choice.delta.tool_calls or []:
            name += delta.function.name or ""
            arguments += delta.function.arguments or ""
streamed = called(content, [[name, json.loads(arguments)]] if name else [])

forced = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "Good morning!"}],
    tools=tools,
    tool_choice="required",
    temperature=0,
    max_tokens=128,
).choices[0]

answered = client.chat.completions.create(
    model=model,
    messages=[
        *messages,
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city": "Zurich"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Snow, minus 3 degrees."},
    ],
    tools=tools,
    temperature=0,
    max_tokens=64,
)

print(
    json.dumps(
        {
            "whole": whole,
            "finish": asked.finish_reason,
            "streamed": streamed,
            "streamedFinish": finish,
            "forced": [call.function.name for call in forced.message.tool_calls or []],
            "forcedCity": [
                type(json.loads(call.function.arguments)["city"]).__name__
                for call in forced.message.tool_calls or []
            ],
            "forcedFinish": forced.finish_reason,
            "answer": answered.choices[0].message.content,
        }
    )
)
