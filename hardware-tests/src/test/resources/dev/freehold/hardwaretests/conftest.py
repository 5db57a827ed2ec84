"""What the tests of the official Python SDKs share: a box, reached as any client reaches it.

The environment names the box and the client's files as client.env does. All that a client sets up
for a box is TLS with its certificate; the SDKs themselves are unmodified.
"""

import os
import ssl
import time
import urllib.request

import anthropic
import openai
import pytest

REQUEST_SECONDS_MAX = 180
SETTLE_SECONDS_MAX = 60
POLL_SECONDS = 0.05


def tls():
    context = ssl.create_default_context(cafile=os.environ["FREEHOLD_CA"])
    context.load_cert_chain(os.environ["FREEHOLD_CERT"], os.environ["FREEHOLD_KEY"])
    return context


@pytest.fixture(scope="session")
def openai_client():
    with openai.OpenAI(
        base_url=os.environ["FREEHOLD_URL"],
        api_key="unused",
        max_retries=0,
        timeout=REQUEST_SECONDS_MAX,
        http_client=openai.DefaultHttpxClient(verify=tls()),
    ) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client():
    with anthropic.Anthropic(
        base_url=os.environ["FREEHOLD_URL"].removesuffix("/v1"),
        api_key="unused",
        max_retries=0,
        timeout=REQUEST_SECONDS_MAX,
        http_client=anthropic.DefaultHttpxClient(verify=tls()),
    ) as client:
        yield client


@pytest.fixture(scope="session")
def assistant():
    """A model that knows tools and says sensible things."""
    return os.environ["FREEHOLD_MODEL"]


@pytest.fixture(scope="session")
def small():
    """A quick model, for what needs no sense."""
    return os.environ["FREEHOLD_SMALL_MODEL"]


@pytest.fixture(scope="session")
def await_busy_slots():
    """Waits until a number of the engines' slots is busy; nothing across HTTP can notify us."""

    def busy():
        with urllib.request.urlopen(os.environ["FREEHOLD_HEALTH"] + "/metrics") as page:
            lines = page.read().decode().splitlines()
        values = [line.rsplit(" ", 1)[1] for line in lines if line.startswith("freehold_slots_busy")]
        assert values, "the metrics have no freehold_slots_busy"
        return sum(map(float, values))

    def wait(expected):
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while (found := busy()) != expected:
            assert time.monotonic() < deadline, f"expected {expected} busy slots, found {found}"
            time.sleep(POLL_SECONDS)

    return wait
