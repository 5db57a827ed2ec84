"""The official OpenAI SDK for Python, unmodified, over every surface that it knows of a box."""

import json
import os

import openai
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
    user,
)


def tool(name, description, parameters, **more):
    function = {"name": name, "description": description, "parameters": parameters, **more}
    return {"type": "function", "function": function}


WEATHER = tool("get_weather", "Tells the weather in a city.", WEATHER_SCHEMA)
STRICT_WEATHER = tool("get_weather", "Tells the weather in a city.", WEATHER_SCHEMA, strict=True)
ADD = tool("add", "Adds two integers.", ADD_SCHEMA)


def greedy(model, question, **more):
    """A request whose answer repeats."""
    request = {"model": model, "messages": user(question), "temperature": 0, "max_tokens": 128}
    return {**request, **more}


def choice_of(client, model, question, **more):
    return client.chat.completions.create(**greedy(model, question, **more)).choices[0]


def response_tool(tool):
    """The Responses surface names a function without the object around it."""
    return {"type": "function", "strict": True, **tool["function"]}


def endless(model):
    """The small model's two tokens that end an answer are forbidden, so it writes to its limit."""
    return {"model": model, "max_tokens": 2000, "logit_bias": {"0": -100, "2": -100}}


# Models


def test_models_are_listed_and_retrieved(openai_client, assistant, small):
    listed = [model.id for model in openai_client.models.list()]
    assert assistant in listed
    assert small in listed

    retrieved = openai_client.models.retrieve(small)
    assert (retrieved.id, retrieved.object) == (small, "model")
    assert retrieved.created > 0
    assert retrieved.owned_by


def test_unknown_model_is_not_found(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.models.retrieve("no-such-model")


# Chat completions


def test_chat_answers_the_same_whole_and_streamed(openai_client, small):
    request = {"model": small, "messages": user("Say hello."), "temperature": 0, "seed": 1}
    whole = openai_client.chat.completions.create(**request, max_tokens=24)
    chunks = list(
        openai_client.chat.completions.create(
            **request, max_tokens=24, stream=True, stream_options={"include_usage": True}
        )
    )

    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert whole.object == "chat.completion"
    assert whole.model == small
    assert whole.choices[0].message.role == "assistant"
    assert whole.choices[0].message.content.strip()
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert len(chunks) > 2, "a stream arrives in pieces"
    assert "".join(c.delta.content or "" for c in choices) == whole.choices[0].message.content
    assert choices[-1].finish_reason == whole.choices[0].finish_reason
    assert not chunks[-1].choices
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert chunks[-1].usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens


def test_chat_stream_helper_accumulates_the_whole_answer(openai_client, assistant):
    request = greedy(assistant, "What is the capital of France?")
    whole = openai_client.chat.completions.create(**request)
    with openai_client.chat.completions.stream(**request) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()

    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert "Paris" in final.choices[0].message.content
    assert final.choices[0].message.content == whole.choices[0].message.content


def test_chat_follows_the_system_and_the_earlier_turns(openai_client, assistant):
    """One half of the answer is in the system's text alone, the other in an earlier turn alone."""
    messages = [
        {"role": "system", "content": OFFICE_SYSTEM},
        {"role": "user", "content": "My name is Ruth."},
        {"role": "assistant", "content": "Hello Ruth!"},
        {"role": "user", "content": [{"type": "text", "text": OFFICE_QUESTION}]},
    ]
    answer = openai_client.chat.completions.create(
        model=assistant, messages=messages, temperature=0, max_completion_tokens=48
    )
    assert "Ruth" in answer.choices[0].message.content
    assert "Lugano" in answer.choices[0].message.content


def test_chat_ends_at_its_limit(openai_client, small):
    answer = openai_client.chat.completions.create(
        messages=user("Write a story."), **{**endless(small), "max_tokens": 7}
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 7
    assert answer.usage.prompt_tokens > 0


def test_chat_ends_at_a_stop_text(openai_client, assistant):
    question = "Count from 1 to 10, separated by commas."
    choice = choice_of(openai_client, assistant, question, max_tokens=40, stop=["5", "never"])
    assert choice.finish_reason == "stop"
    assert "4" in choice.message.content
    assert "5" not in choice.message.content


def test_chat_repeats_itself_for_a_seed(openai_client, small):
    def ask(seed):
        return (
            openai_client.chat.completions.create(
                messages=user("Write a story."),
                temperature=1,
                seed=seed,
                **{**endless(small), "max_tokens": 16},
            )
            .choices[0]
            .message.content
        )

    assert ask(7) == ask(7)
    assert ask(7) != ask(8)


def test_chat_answer_names_its_request_and_provider(openai_client, small):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=small, messages=user("Hi"), max_tokens=2
    )
    assert raw.headers["freehold-provider"] == os.environ.get("FREEHOLD_PROVIDER", "local")
    assert raw.headers["x-request-id"]
    assert raw.parse()._request_id == raw.headers["x-request-id"]


# Tools


def test_required_tool_is_called(openai_client, assistant):
    """Nothing in the question asks for the tool: only a grammar can have made this call."""
    choice = choice_of(
        openai_client, assistant, "Good morning!", tools=[WEATHER], tool_choice="required"
    )
    [call] = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert call.id
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert list(json.loads(call.function.arguments)) == ["city"]


def test_required_tool_is_called_by_a_model_that_knows_no_tools(openai_client, small):
    choice = choice_of(
        openai_client, small, CITY_QUESTION, tools=[WEATHER], tool_choice="required"
    )
    [call] = choice.message.tool_calls
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments)["city"], str)


def test_named_tool_is_called(openai_client, assistant):
    named = {"type": "function", "function": {"name": "add"}}
    choice = choice_of(
        openai_client, assistant, CITY_QUESTION, tools=[WEATHER, ADD], tool_choice=named
    )
    [call] = choice.message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert call.function.name == "add"
    assert sorted(arguments) == ["a", "b"]
    assert all(isinstance(value, int) for value in arguments.values())


def test_forbidden_tool_is_not_called(openai_client, assistant):
    """The question asks for the tool: a model that may call it does, if only in its text."""
    message = choice_of(
        openai_client, assistant, TOOL_QUESTION, tools=[WEATHER], tool_choice="none"
    ).message
    assert not message.tool_calls
    assert message.content.strip()
    assert "get_weather" not in message.content


def test_model_decides_to_call_a_tool(openai_client, assistant):
    """How llama.cpp's parser reads this model's own call is the model's template's affair: as a
    call, or, as the template has no mark for one, as an answer of bare JSON. Streamed or not, it
    must come out the same."""
    request = greedy(assistant, TOOL_QUESTION, tools=[WEATHER], tool_choice="auto")

    def called(message):
        if message.tool_calls:
            function = message.tool_calls[0].function
            return function.name, json.loads(function.arguments)
        call = json.loads(message.content)
        return call["name"], call["arguments"]

    whole = openai_client.chat.completions.create(**request).choices[0]
    with openai_client.chat.completions.stream(**request) as stream:
        streamed = stream.get_final_completion().choices[0]
    assert called(whole.message) == ("get_weather", {"city": "Zurich"})
    assert called(streamed.message) == called(whole.message)
    assert streamed.finish_reason == whole.finish_reason
    assert bool(streamed.message.tool_calls) == bool(whole.message.tool_calls)


def test_streamed_deltas_accumulate_to_the_same_call(openai_client, assistant):
    request = greedy(assistant, CITY_QUESTION, tools=[WEATHER], tool_choice="required")
    whole = openai_client.chat.completions.create(**request).choices[0]
    calls = {}
    finish = None
    for chunk in openai_client.chat.completions.create(**request, stream=True):
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            for delta in choice.delta.tool_calls or []:
                call = calls.setdefault(delta.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += delta.id or ""
                call["name"] += delta.function.name or ""
                call["arguments"] += delta.function.arguments or ""

    [call] = calls.values()
    expected = whole.message.tool_calls[0].function
    assert (call["name"], call["arguments"]) == (expected.name, expected.arguments)
    assert call["id"]
    assert finish == whole.finish_reason == "tool_calls"


def test_tools_result_becomes_the_answer(openai_client, assistant):
    asked = choice_of(
        openai_client, assistant, CITY_QUESTION, tools=[WEATHER], tool_choice="required"
    )
    [call] = asked.message.tool_calls
    answered = openai_client.chat.completions.parse(
        model=assistant,
        messages=[
            *user(CITY_QUESTION),
            asked.message,
            {"role": "tool", "tool_call_id": call.id, "content": WEATHER_REPORT},
        ],
        tools=[STRICT_WEATHER],
        tool_choice="none",
        response_format=Sentence,
        temperature=0,
        max_tokens=64,
    ).choices[0]
    assert json.loads(call.function.arguments) == {"city": "Zurich"}
    assert "snow" in answered.message.parsed.answer.lower()
    assert not answered.message.tool_calls


# Structured output


def test_json_object_is_an_object(openai_client, assistant):
    choice = choice_of(
        openai_client,
        assistant,
        "Who wrote Frankenstein? Answer as JSON.",
        response_format={"type": "json_object"},
    )
    assert choice.finish_reason == "stop"
    assert isinstance(json.loads(choice.message.content), dict)


def test_json_schema_is_kept(openai_client, assistant):
    parsed = openai_client.chat.completions.parse(
        **greedy(assistant, BOOK_QUESTION), response_format=Book
    ).choices[0]
    assert parsed.finish_reason == "stop"
    assert "Shelley" in parsed.message.parsed.author
    assert "Frankenstein" in parsed.message.parsed.title
    assert parsed.message.parsed.year == 1818


def test_json_schema_is_kept_in_a_stream(openai_client, small):
    with openai_client.chat.completions.stream(
        **greedy(small, BOOK_QUESTION, max_tokens=256), response_format=Book
    ) as stream:
        final = stream.get_final_completion().choices[0]
    assert isinstance(final.message.parsed, Book)


# Plain completions


def test_completion_answers_the_same_whole_and_streamed(openai_client, small):
    request = {"model": small, "prompt": "One, two, three,", "temperature": 0, "max_tokens": 8}
    whole = openai_client.completions.create(**request)
    chunks = list(
        openai_client.completions.create(
            **request, stream=True, stream_options={"include_usage": True}
        )
    )
    texts = [choice.text for chunk in chunks for choice in chunk.choices]
    reasons = [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]
    assert whole.object == "text_completion"
    assert whole.choices[0].text.strip()
    assert "".join(texts) == whole.choices[0].text
    assert reasons == [whole.choices[0].finish_reason]
    assert chunks[-1].usage == whole.usage


# Responses


def test_response_answers_the_same_whole_and_streamed(openai_client, small):
    request = {"model": small, "input": "Say hello.", "temperature": 0, "max_output_tokens": 24}
    whole = openai_client.responses.create(**request)
    events = list(openai_client.responses.create(**request, stream=True))

    kinds = [event.type for event in events]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert whole.output_text.strip()
    assert whole.status in ("completed", "incomplete")
    assert whole.store is False
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds[-1] == "response." + whole.status
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(deltas) == whole.output_text
    assert events[-1].response.output_text == whole.output_text
    assert events[-1].response.usage.output_tokens == whole.usage.output_tokens
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens


def test_response_ends_at_its_limit(openai_client, small):
    response = openai_client.responses.create(
        model=small, input="Write a long story.", temperature=0, max_output_tokens=3
    )
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 3


def test_response_follows_its_instructions_and_earlier_items(openai_client, assistant):
    """One half of the answer is in the instructions alone, the other in an earlier item alone."""
    response = openai_client.responses.create(
        model=assistant,
        instructions=OFFICE_SYSTEM,
        input=[
            *user("My name is Ruth."),
            {"role": "assistant", "content": "Hello Ruth!"},
            *user(OFFICE_QUESTION),
        ],
        temperature=0,
        max_output_tokens=48,
    )
    assert "Ruth" in response.output_text
    assert "Lugano" in response.output_text


def test_responses_function_call_and_its_output(openai_client, assistant):
    """Stateless: the call goes back as an item of the next input."""
    question = user(CITY_QUESTION)
    request = {"model": assistant, "tools": [response_tool(WEATHER)], "temperature": 0}
    asked = openai_client.responses.create(
        **request, input=question, tool_choice="required", max_output_tokens=128
    )
    [call] = [item for item in asked.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"city": "Zurich"}

    output = {"type": "function_call_output", "call_id": call.call_id, "output": WEATHER_REPORT}
    answered = openai_client.responses.parse(
        **request,
        input=[*question, *asked.output, output],
        tool_choice="none",
        text_format=Sentence,
        max_output_tokens=64,
    )
    assert "snow" in answered.output_parsed.answer.lower()


def test_responses_streamed_function_call_is_the_same(openai_client, assistant):
    request = {
        "model": assistant,
        "input": CITY_QUESTION,
        "tools": [response_tool(WEATHER)],
        "tool_choice": {"type": "function", "name": "get_weather"},
        "temperature": 0,
        "max_output_tokens": 128,
    }
    whole = openai_client.responses.create(**request)
    with openai_client.responses.stream(**request) as stream:
        events = list(stream)
        final = stream.get_final_response()

    deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
    assert "".join(deltas) == final.output[0].arguments == whole.output[0].arguments
    assert final.output[0].name == "get_weather"


def test_responses_json_schema_is_kept(openai_client, assistant):
    response = openai_client.responses.parse(
        model=assistant,
        input=BOOK_QUESTION,
        text_format=Book,
        temperature=0,
        max_output_tokens=128,
    )
    assert "Shelley" in response.output_parsed.author
    assert response.output_parsed.year == 1818


def test_response_builds_on_nothing_that_was_kept(openai_client, small):
    with pytest.raises(openai.BadRequestError) as refusal:
        openai_client.responses.create(
            model=small, input="Hi", previous_response_id="resp_1", max_output_tokens=2
        )
    assert refusal.value.param == "previous_response_id"
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve("resp_1")


# Errors


def test_question_to_an_unknown_model_is_not_found(openai_client):
    with pytest.raises(openai.NotFoundError) as refusal:
        openai_client.chat.completions.create(model="no-such-model", messages=user("Hi"))
    assert refusal.value.status_code == 404
    assert refusal.value.code == "model_not_found"
    assert refusal.value.type == "invalid_request_error"
    assert refusal.value.request_id


@pytest.mark.parametrize(
    ("field", "value"),
    [("temperature", 5), ("max_tokens", 0), ("messages", []), ("tool_choice", "perhaps")],
)
def test_bad_field_is_a_bad_request_that_names_it(openai_client, small, field, value):
    request = {"model": small, "messages": user("Hi"), field: value}
    with pytest.raises(openai.BadRequestError) as refusal:
        openai_client.chat.completions.create(**request)
    assert refusal.value.param == field
    assert field in refusal.value.message


def test_bad_field_is_refused_before_a_stream_begins(openai_client, small):
    with pytest.raises(openai.BadRequestError):
        openai_client.chat.completions.create(
            model=small, messages=user("Hi"), temperature=5, stream=True
        )


def test_prompt_longer_than_the_context_is_a_bad_request(openai_client, small):
    with pytest.raises(openai.BadRequestError) as refusal:
        openai_client.chat.completions.create(model=small, messages=user("word " * 9000))
    assert refusal.value.code == "context_length_exceeded"


# Cancellation


def test_closed_chat_stream_frees_its_slot(openai_client, small, hang_up):
    stream = openai_client.chat.completions.create(
        messages=user("Write a story."), stream=True, **endless(small)
    )
    next(iter(stream))
    hang_up(stream)


def test_closed_response_stream_frees_its_slot(openai_client, assistant, hang_up):
    stream = openai_client.responses.create(
        model=assistant,
        input="Write a very long story about a river, in fifty chapters.",
        temperature=0,
        max_output_tokens=2000,
        stream=True,
    )
    for event in stream:
        if event.type == "response.output_text.delta":
            break
    hang_up(stream)
