"""What the scenarios of both official Python SDKs ask of an office's models."""

import os

import pydantic

CITY_QUESTION = "What is the weather in Zurich?"
TOOL_QUESTION = CITY_QUESTION + " Use the tool."
WEATHER_REPORT = "It snows in Zurich, at minus 3 degrees."
WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
ADD_SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
BOOK_QUESTION = "Which book is this about? In 1818 Mary Shelley published Frankenstein."

# Beside an earlier turn that alone names the user, this alone names the place.
OFFICE_SYSTEM = "You are the assistant of an office in Lugano."
OFFICE_QUESTION = "What is my name, and in which city is your office?"


class Book(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: str
    author: str
    year: int


class Sentence(pydantic.BaseModel):
    """A small model that has called a tool likes to go on calling; a schema makes it tell."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    answer: str


def user(text):
    return [{"role": "user", "content": text}]


def told(name):
    """Whether a client is told of something; of what a box's own engine knows, it is."""
    return os.environ.get(name, "true") == "true"
