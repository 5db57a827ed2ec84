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


def metric_of(page, name, label=""):
    """The value of a metric, summed over those of its label sets that hold a text."""
    with urllib.request.urlopen(page) as opened:
        lines = opened.read().decode().splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name) and label in line
    )


def requests_whose_client_went_away():
    page = os.environ["FREEHOLD_HEALTH"] + "/metrics"
    return metric_of(page, "freehold_requests_total", 'outcome="client-gone"')


def busy_slots():
    """How many answers are computed now, by the box or by the one to which it sends requests."""
    page = os.environ.get("FREEHOLD_COMPUTING_HEALTH", os.environ["FREEHOLD_HEALTH"]) + "/metrics"
    return metric_of(page, "freehold_slots_busy")


def await_value(expected, look):
    """Looks until a value is there; nothing across HTTP can notify us of it."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"expected {expected}, found {found}: {look.__name__}"
        time.sleep(POLL_SECONDS)


@pytest.fixture(scope="session")
def hang_up():
    """Closes the stream of an answer that is far from its end.

    It must give its slot back because its client went away, and not because it wrote on to its end.
    """

    def close(stream):
        await_value(1, busy_slots)
        before = requests_whose_client_went_away()
        stream.close()
        await_value(0, busy_slots)
        await_value(before + 1, requests_whose_client_went_away)

    return close
