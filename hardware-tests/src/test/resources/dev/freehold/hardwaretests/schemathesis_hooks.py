"""What schemathesis is told of the box under test: its model's name, and to keep answers short."""

import os

import schemathesis

MODEL = os.environ["FREEHOLD_MODEL"]
TOKENS_MAX = 2
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens", "n_predict")
LIMIT_MAX = 2**31 - 1

# What each surface whose limit may be left out calls it.
OPTIONAL_LIMITS = {
    "/v1/chat/completions": "max_tokens",
    "/v1/completions": "max_tokens",
    "/infill": "n_predict",
    "/v1/responses": "max_output_tokens",
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Asks for the model that is there; holds answers to what is documented and nothing else."""
    schemas = raw_schema["components"]["schemas"]
    for name in answered(raw_schema):
        # An event has a name for schemathesis even where the stream gives it none.
        if not name.endswith("Event"):
            close_objects(schemas[name])
    for name, schema in schemas.items():
        if name.endswith("Request"):
            narrow(schema)
    for path in raw_schema["paths"].values():
        for example in examples(path):
            example["value"]["model"] = MODEL


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keeps answers short: limits that are valid are lowered, and none is left out."""
    if not isinstance(case.body, dict):
        return
    for name in LIMITS:
        if is_high(case.body.get(name)):
            case.body[name] = TOKENS_MAX
    limit = OPTIONAL_LIMITS.get(case.path)
    if limit and case.body.get(limit) is None:
        case.body[limit] = TOKENS_MAX


def is_high(limit):
    return (
        isinstance(limit, (int, float))
        and TOKENS_MAX < limit <= LIMIT_MAX
        and limit == int(limit)
    )


def answered(document):
    """The names of the schemas that answers are made of."""
    names = set()
    left = [document["components"]["responses"]]
    for path in document["paths"].values():
        left += [operation["responses"] for operation in path.values() if "responses" in operation]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in document["components"]["schemas"] and name not in names:
                names.add(name)
                left.append(document["components"]["schemas"][name])
            left += node.values()
        elif isinstance(node, list):
            left += node
    return names


def close_objects(node):
    if isinstance(node, list):
        for child in node:
            close_objects(child)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        for child in node.values():
            close_objects(child)


def narrow(node):
    """A request's model is the one that is there."""
    if isinstance(node, list):
        for child in node:
            narrow(child)
    elif isinstance(node, dict):
        for name, schema in node.get("properties", {}).items():
            if name == "model":
                # An empty name means the policy's first model, as no name does where it is optional.
                optional = schema.get("$ref", "").endswith("/OptionalModelName")
                node["properties"][name] = {"enum": [MODEL, ""] + ([None] if optional else [])}
        for child in node.values():
            narrow(child)


def examples(path):
    content = path.get("post", {}).get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("examples", {}).values()
