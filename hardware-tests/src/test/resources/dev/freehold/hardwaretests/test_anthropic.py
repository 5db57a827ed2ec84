"""The official Anthropic SDK for Python, unmodified, over every surface that it knows of a box.

This SDK has no parameter for the temperature any more; the box reads it, so it goes as an extra
field of the body where an answer must repeat.
"""

import anthropic
import pytest
from office import (
    ADD_SCHEMA,
    BOOK_QUESTION,
    CITY_QUESTION,
    OFFICE_QUESTION,
    OFFICE_SYSTEM,
    TOOL_QUESTION,
    WEATHER_REPORT,
    WEATHER_SCHEMA,
    Book,
    Sentence,
    told,
    user,
)

GREEDY = {"extra_body": {"temperature": 0}}
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "input_schema": WEATHER_SCHEMA,
}
ADD = {"name": "add", "description": "Adds two integers.", "input_schema": ADD_SCHEMA}


def greedy(model, question, **more):
    """A request whose answer repeats."""
    return {"model": model, "max_tokens": 128, "messages": user(question), **GREEDY, **more}


def answer(client, model, question, **more):
    return client.messages.create(**greedy(model, question, **more))


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
    request = greedy(small, "Say hello.", max_tokens=24)
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
        answer(anthropic_client, small, "Say hello.", max_tokens=8, stream=True)
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
    """One half of the answer is in the system's text alone, the other in an earlier turn alone."""
    message = anthropic_client.messages.create(
        model=assistant,
        max_tokens=48,
        system=[{"type": "text", "text": OFFICE_SYSTEM}],
        messages=[
            {"role": "user", "content": "My name is Ruth."},
            {"role": "assistant", "content": "Hello Ruth!"},
            {"role": "user", "content": [{"type": "text", "text": OFFICE_QUESTION}]},
        ],
        **GREEDY,
    )
    assert "Ruth" in text_of(message)
    assert "Lugano" in text_of(message)


def test_message_ends_at_its_limit(anthropic_client, small):
    message = answer(anthropic_client, small, "Write a long story.", max_tokens=3)
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 3


def test_message_ends_at_a_stop_sequence(anthropic_client, assistant):
    question = "Count from 1 to 10, separated by commas."
    message = answer(
        anthropic_client, assistant, question, max_tokens=40, stop_sequences=["5", "never"]
    )
    assert "4" in text_of(message)
    assert "5" not in text_of(message)
    if told("FREEHOLD_TELLS_STOP_TEXT"):
        assert message.stop_reason == "stop_sequence"
        assert message.stop_sequence == "5"
    else:
        assert message.stop_reason == "end_turn"
        assert message.stop_sequence is None


def test_tokens_are_counted_as_they_are_used(anthropic_client, assistant):
    request = {
        "model": assistant,
        "system": OFFICE_SYSTEM,
        "messages": user(CITY_QUESTION),
        "tools": [WEATHER],
    }
    counted = anthropic_client.messages.count_tokens(**request)
    used = anthropic_client.messages.create(**request, max_tokens=1, **GREEDY).usage
    assert counted.input_tokens == used.input_tokens + (used.cache_read_input_tokens or 0)


# Tools


def test_any_tool_is_called(anthropic_client, assistant):
    """Nothing in the question asks for the tool: only a grammar can have made this call."""
    message = answer(
        anthropic_client, assistant, "Good morning!", tools=[WEATHER], tool_choice={"type": "any"}
    )
    [call] = calls_of(message)
    assert message.stop_reason == "tool_use"
    assert call.id
    assert call.name == "get_weather"
    assert list(call.input) == ["city"]


def test_named_tool_is_called(anthropic_client, assistant):
    named = {"type": "tool", "name": "add"}
    message = answer(
        anthropic_client, assistant, CITY_QUESTION, tools=[WEATHER, ADD], tool_choice=named
    )
    [call] = calls_of(message)
    assert call.name == "add"
    assert sorted(call.input) == ["a", "b"]
    assert all(isinstance(value, int) for value in call.input.values())


def test_forbidden_tool_is_not_called(anthropic_client, assistant):
    """The question asks for the tool: a model that may call it does, if only in its text."""
    message = answer(
        anthropic_client, assistant, TOOL_QUESTION, tools=[WEATHER], tool_choice={"type": "none"}
    )
    assert not calls_of(message)
    assert text_of(message).strip()
    assert "get_weather" not in text_of(message)


def test_streamed_call_accumulates_to_the_same(anthropic_client, assistant):
    request = greedy(assistant, CITY_QUESTION, tools=[WEATHER], tool_choice={"type": "any"})
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
    question = user(CITY_QUESTION)
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
        **greedy(assistant, BOOK_QUESTION), output_format=Book
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


def test_closed_stream_frees_its_slot(anthropic_client, assistant, hang_up):
    with anthropic_client.messages.stream(
        **greedy(
            assistant, "Write a very long story about a river, in fifty chapters.", max_tokens=2000
        )
    ) as stream:
        next(iter(stream.text_stream))
        hang_up(stream)
