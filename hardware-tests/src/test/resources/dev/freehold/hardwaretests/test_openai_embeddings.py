"""Embeddings by the official OpenAI SDK for Python, unmodified."""

import base64
import math
import os
import struct

import openai
import pytest

TEXTS = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "The invoice is due on Monday."]


@pytest.fixture(scope="module")
def embedder():
    return os.environ["FREEHOLD_EMBEDDING_MODEL"]


def cosine(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True)) / (norm(left) * norm(right))


def norm(vector):
    return math.sqrt(sum(value * value for value in vector))


def vectors(client, model, **request):
    answer = client.embeddings.create(model=model, **request)
    assert [item.index for item in answer.data] == list(range(len(answer.data)))
    return [item.embedding for item in answer.data]


def test_batch_is_answered_in_order_and_means_something(openai_client, embedder):
    answer = openai_client.embeddings.create(model=embedder, input=TEXTS, encoding_format="float")
    cat, kitten, invoice = [item.embedding for item in answer.data]
    assert answer.object == "list"
    assert answer.model == embedder
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > len(TEXTS)
    assert {len(cat), len(kitten), len(invoice)} == {384}
    assert norm(cat) == pytest.approx(1, abs=1e-3)
    assert cosine(cat, kitten) > 0.5 > cosine(cat, invoice)


def test_text_alone_has_the_vector_that_it_has_in_a_batch(openai_client, embedder):
    batch = vectors(openai_client, embedder, input=TEXTS, encoding_format="float")
    for text, expected in zip(TEXTS, batch, strict=True):
        [alone] = vectors(openai_client, embedder, input=text, encoding_format="float")
        assert cosine(alone, expected) > 0.9999


def test_base64_and_float_are_the_same_numbers(openai_client, embedder):
    """By itself the SDK asks for base64 and decodes it; raw, the bytes are little-endian floats."""
    [floats] = vectors(openai_client, embedder, input=TEXTS[0], encoding_format="float")
    [usual] = vectors(openai_client, embedder, input=TEXTS[0])
    raw = openai_client.embeddings.with_raw_response.create(
        model=embedder, input=TEXTS[0], encoding_format="base64"
    )
    encoded = raw.http_response.json()["data"][0]["embedding"]
    decoded = struct.unpack(f"<{len(floats)}f", base64.b64decode(encoded))
    assert usual == pytest.approx(floats, abs=1e-6)
    assert list(decoded) == pytest.approx(floats, abs=1e-6)


def test_fewer_dimensions_are_the_first_ones_at_unit_length(openai_client, embedder):
    [whole] = vectors(openai_client, embedder, input=TEXTS[0], encoding_format="float")
    [short] = vectors(
        openai_client, embedder, input=TEXTS[0], dimensions=128, encoding_format="float"
    )
    assert len(short) == 128
    assert norm(short) == pytest.approx(1, abs=1e-3)
    assert cosine(short, whole[:128]) > 0.9999


def test_more_dimensions_than_the_model_has_are_refused(openai_client, embedder):
    with pytest.raises(openai.BadRequestError):
        openai_client.embeddings.create(model=embedder, input="Hi", dimensions=385)


def test_chat_model_makes_no_vectors_and_embedding_model_no_text(
    openai_client, embedder, assistant
):
    with pytest.raises(openai.BadRequestError):
        openai_client.embeddings.create(model=assistant, input="Hi")
    with pytest.raises(openai.BadRequestError):
        openai_client.chat.completions.create(
            model=embedder, messages=[{"role": "user", "content": "Hi"}]
        )


def test_unknown_model_and_empty_input_are_refused(openai_client, embedder):
    with pytest.raises(openai.NotFoundError):
        openai_client.embeddings.create(model="no-such-model", input="Hi")
    with pytest.raises(openai.BadRequestError):
        openai_client.embeddings.create(model=embedder, input=[])
