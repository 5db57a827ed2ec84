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


# The first answer is the one to see, so nothing is tried again.
SETTINGS = {"api_key": "unused", "max_retries": 0, "timeout": REQUEST_SECONDS_MAX}


@pytest.fixture(scope="session")
def openai_client():
    url = os.environ["FREEHOLD_URL"]
    http = openai.DefaultHttpxClient(verify=tls())
    with openai.OpenAI(base_url=url, http_client=http, **SETTINGS) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client():
    url = os.environ["FREEHOLD_URL"].removesuffix("/v1")
    http = anthropic.DefaultHttpxClient(verify=tls())
    with anthropic.Anthropic(base_url=url, http_client=http, **SETTINGS) as client:
        yield client


@pytest.fixture(scope="session")
def assistant():
    """A model that knows tools and says sensible things."""
    return os.environ["FREEHOLD_MODEL"]


@pytest.fixture(scope="session")
def small():
    """A quick model, for what needs no sense."""
    return os.environ["FREEHOLD_SMALL_MODEL"]


def metric(name, label=""):
    """The value of a metric, summed over those of its label sets that hold a text."""
    with urllib.request.urlopen(os.environ["FREEHOLD_HEALTH"] + "/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name) and label in line
    )


def await_metric(expected, *of):
    """Looks until a metric has a value; nothing across HTTP can notify us of it."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while (found := metric(*of)) != expected:
        assert time.monotonic() < deadline, f"expected {expected} of {of}, found {found}"
        time.sleep(POLL_SECONDS)


@pytest.fixture(scope="session")
def hang_up():
    """Closes the stream of an answer that is far from its end.

    It must give its slot back because its client went away, and not because it wrote on to its end.
    """

    gone = ("freehold_requests_total", 'outcome="client-gone"')

    def close(stream):
        await_metric(1, "freehold_slots_busy")
        before = metric(*gone)
        stream.close()
        await_metric(0, "freehold_slots_busy")
        await_metric(before + 1, *gone)

    return close
