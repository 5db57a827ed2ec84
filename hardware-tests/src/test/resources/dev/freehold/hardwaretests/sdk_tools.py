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

asked = client.chat.completions.create(
    model=model,
    messages=messages,
    tools=tools,
    tool_choice="required",
    temperature=0,
    max_tokens=128,
)
call = asked.choices[0].message.tool_calls[0]

streamed_name = ""
streamed_arguments = ""
streamed_finish = None
for chunk in client.chat.completions.create(
    model=model,
    messages=messages,
    tools=tools,
    tool_choice="required",
    temperature=0,
    max_tokens=128,
    stream=True,
):
    for choice in chunk.choices:
        streamed_finish = choice.finish_reason or streamed_finish
        for delta in choice.delta.tool_calls or []:
            streamed_name += delta.function.name or ""
            streamed_arguments += delta.function.arguments or ""

answered = client.chat.completions.create(
    model=model,
    messages=[
        *messages,
        asked.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "Snow, minus 3 degrees."},
    ],
    tools=tools,
    temperature=0,
    max_tokens=64,
)

print(
    json.dumps(
        {
            "name": call.function.name,
            "arguments": json.loads(call.function.arguments),
            "finish": asked.choices[0].finish_reason,
            "streamedName": streamed_name,
            "streamedArguments": json.loads(streamed_arguments),
            "streamedFinish": streamed_finish,
            "answer": answered.choices[0].message.content,
        }
    )
)
