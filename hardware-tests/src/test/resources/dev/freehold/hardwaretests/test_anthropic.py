"""The official Anthropic SDK for Python, unmodified, over every surface that it knows of a box.

This SDK has no parameter for the temperature any more; the box reads it, so it goes as an extra
field of the body where an answer must repeat.
"""

import anthropic
import pydantic
import pytest

GREEDY = {"extra_body": {"temperature": 0}}
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
ADD = {
    "name": "add",
    "description": "Adds two integers.",
    "input_schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
}
WEATHER_REPORT = "It snows in Zurich, at minus 3 degrees."


class Book(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: str
    author: str
    year: int

class Sentence(pydantic.BaseModel):
    """A small model that has called a tool likes to go on calling; a schema makes it tell."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    answer: str


BOOK_QUESTION = "Which book is this about? In 1818 Mary Shelley published Frankenstein."


def user(text):
    return [{"role": "user", "content": text}]


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def calls_of(message):
    return [block for block in message.content if block.type == "tool_use"]


# Models


def test_models_are_listed_and_retrieved(anthropic_client, assistant, small):
    page = anthropic_client.models.list()
    listed = [model.id for model in page]
    assert assistant in listed
    assert small in listed
    assert (page.first_id, page.last_id, page.has_more) == (listed[0], listed[-1], False)

    retrieved = anthropic_client.models.retrieve(small)
    assert (retrieved.id, retrieved.type, retrieved.display_name) == (small, "model", small)
    assert retrieved.created_at.year >= 2026
    with pytest.raises(anthropic.NotFoundError):
        anthropic_client.models.retrieve("no-such-model")


# Messages


def test_message_answers_the_same_whole_and_streamed(anthropic_client, small):
    request = {"model": small, "max_tokens": 24, "messages": user("Say hello."), **GREEDY}
    whole = anthropic_client.messages.create(**request)
    with anthropic_client.messages.stream(**request) as stream:
        streamed = "".join(stream.text_stream)
        final = stream.get_final_message()

    assert (whole.type, whole.role, whole.model) == ("message", "assistant", small)
    assert text_of(whole).strip()
    assert streamed == text_of(final) == text_of(whole)
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert whole.usage.input_tokens > 0


def test_messages_events_come_in_order(anthropic_client, small):
    events = list(
        anthropic_client.messages.create(
            model=small, max_tokens=8, messages=user("Say hello."), stream=True, **GREEDY
        )
    )
    kinds = [event.type for event in events if event.type != "ping"]
    deltas = [kind for kind in kinds if kind == "content_block_delta"]
    assert kinds == [
        "message_start",
        "content_block_start",
        *deltas,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert len(deltas) > 1, "a stream arrives in pieces"
    assert events[0].message.content == []
    assert events[-2].usage.output_tokens > 0


def test_message_follows_the_system_and_the_earlier_turns(anthropic_client, assistant):
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=24,
        system=[{"type": "text", "text": "You are the assistant of an office."}],
        messages=[
            {"role": "user", "content": "My name is Ruth."},
            {"role": "assistant", "content": "Hello Ruth!"},
            {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
        ],
        **GREEDY,
    )
    assert "Ruth" in text_of(message)


def test_message_ends_at_its_limit(anthropic_client, small):
    message = anthropic_client.messages.create(
        model=small, max_tokens=3, messages=user("Write a long story."), **GREEDY
    )
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 3


def test_message_ends_at_a_stop_sequence(anthropic_client, assistant):
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=40,
        messages=user("Count from 1 to 10, separated by commas."),
        stop_sequences=["5", "never"],
        **GREEDY,
    )
    assert "4" in text_of(message)
    assert "5" not in text_of(message)
    # As daemon/README.md states, the neutral form does not tell a stop text from the end.
    assert message.stop_reason in ("end_turn", "stop_sequence")
    assert message.stop_sequence in (None, "5")


def test_tokens_are_counted_as_they_are_used(anthropic_client, assistant):
    request = {
        "model": assistant,
        "system": "You are the assistant of an office.",
        "messages": user("What is the weather in Zurich?"),
        "tools": [WEATHER],
    }
    counted = anthropic_client.messages.count_tokens(**request)
    used = anthropic_client.messages.create(**request, max_tokens=1, **GREEDY).usage
    assert counted.input_tokens == used.input_tokens + (used.cache_read_input_tokens or 0)


# Tools


def test_any_tool_is_called(anthropic_client, assistant):
    """Nothing in the question asks for the tool: only a grammar can have made this call."""
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=128,
        messages=user("Good morning!"),
        tools=[WEATHER],
        tool_choice={"type": "any"},
        **GREEDY,
    )
    [call] = calls_of(message)
    assert message.stop_reason == "tool_use"
    assert call.id
    assert call.name == "get_weather"
    assert list(call.input) == ["city"]


def test_named_tool_is_called(anthropic_client, assistant):
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=128,
        messages=user("What is the weather in Zurich?"),
        tools=[WEATHER, ADD],
        tool_choice={"type": "tool", "name": "add"},
        **GREEDY,
    )
    [call] = calls_of(message)
    assert call.name == "add"
    assert sorted(call.input) == ["a", "b"]
    assert all(isinstance(value, int) for value in call.input.values())


def test_forbidden_tool_is_not_called(anthropic_client, assistant):
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=24,
        messages=user("Good morning!"),
        tools=[WEATHER],
        tool_choice={"type": "none"},
        **GREEDY,
    )
    assert not calls_of(message)
    assert text_of(message).strip()


def test_streamed_call_accumulates_to_the_same(anthropic_client, assistant):
    request = {
        "model": assistant,
        "max_tokens": 128,
        "messages": user("What is the weather in Zurich?"),
        "tools": [WEATHER],
        "tool_choice": {"type": "any"},
        **GREEDY,
    }
    whole = anthropic_client.messages.create(**request)
    with anthropic_client.messages.stream(**request) as stream:
        pieces = [event.partial_json for event in stream if event.type == "input_json"]
        final = stream.get_final_message()

    [call] = calls_of(final)
    [expected] = calls_of(whole)
    assert pieces
    assert (call.name, call.input) == (expected.name, expected.input)
    assert final.stop_reason == whole.stop_reason == "tool_use"


def test_tools_result_becomes_the_answer(anthropic_client, assistant):
    request = {"model": assistant, "max_tokens": 128, "tools": [WEATHER], **GREEDY}
    question = user("What is the weather in Zurich?")
    asked = anthropic_client.messages.create(
        **request, messages=question, tool_choice={"type": "any"}
    )
    [call] = calls_of(asked)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": WEATHER_REPORT}
    answered = anthropic_client.messages.parse(
        **request,
        messages=[
            *question,
            {"role": "assistant", "content": asked.content},
            {"role": "user", "content": [result]},
        ],
        tool_choice={"type": "none"},
        output_format=Sentence,
    )
    assert call.input == {"city": "Zurich"}
    assert "snow" in answered.parsed_output.answer.lower()
    assert answered.stop_reason == "end_turn"


# Structured output


def test_json_schema_is_kept(anthropic_client, assistant):
    message = anthropic_client.messages.parse(
        model=assistant,
        max_tokens=128,
        messages=user(BOOK_QUESTION),
        output_format=Book,
        **GREEDY,
    )
    assert "Shelley" in message.parsed_output.author
    assert message.parsed_output.year == 1818


# Errors


def test_unknown_model_is_not_found(anthropic_client):
    with pytest.raises(anthropic.NotFoundError) as refusal:
        anthropic_client.messages.create(
            model="no-such-model", max_tokens=4, messages=user("Hi")
        )
    assert refusal.value.body["type"] == "error"
    assert refusal.value.body["error"]["type"] == "not_found_error"
    assert refusal.value.request_id


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_tokens", 0), ("messages", []), ("stop_sequences", "x" * 5000)],
)
def test_bad_field_is_a_bad_request_that_names_it(anthropic_client, small, field, value):
    request = {"model": small, "max_tokens": 4, "messages": user("Hi"), field: value}
    with pytest.raises(anthropic.BadRequestError) as refusal:
        anthropic_client.messages.create(**request)
    assert refusal.value.body["error"]["type"] == "invalid_request_error"
    assert field in refusal.value.body["error"]["message"]


def test_bad_field_is_refused_before_a_stream_begins(anthropic_client, small):
    with pytest.raises(anthropic.BadRequestError):
        anthropic_client.messages.create(
            model=small, max_tokens=0, messages=user("Hi"), stream=True
        )


# Cancellation


def test_closed_stream_frees_its_slot(anthropic_client, assistant, await_busy_slots):
    with anthropic_client.messages.stream(
        model=assistant,
        max_tokens=2000,
        messages=user("Write a very long story about a river, in fifty chapters."),
        **GREEDY,
    ) as stream:
        next(iter(stream.text_stream))
        await_busy_slots(1)
    await_busy_slots(0)
