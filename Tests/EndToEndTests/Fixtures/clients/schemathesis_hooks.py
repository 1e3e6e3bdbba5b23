"""What schemathesis has to know of Kubernetes to get behind the first refusal: names that exist, objects that are
nearly right, and patches of the form that their media type has; and the check that every refusal is a Status."""
import copy
import hashlib
import os
import random

import schemathesis
import yaml

NAMESPACES = ["fuzz", "default", "a"]
NAMES = ["a", "b"]
POINTERS = [
    "", "/spec", "/spec/replicas", "/metadata/labels", "/metadata/labels/a", "/metadata/finalizers/-", "/status", "/data/a~1b", "/rules/0", "/spec/-1",
]
with open(os.environ["SEED_OBJECTS"]) as file:
    SEEDS = {(seed["apiVersion"], seed["kind"]): seed for seed in yaml.safe_load_all(file)}


def dice(case):
    """Chances that are the same for the same case, so that a seed repeats a run."""
    text = repr((case.method, case.path, sorted(case.path_parameters.items()), sorted(case.query.items()), case.media_type, str(case.body)))
    return random.Random(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


@schemathesis.hook
def map_case(context, case):
    chance = dice(case)
    kind = case.operation.definition.raw.get("x-kubernetes-group-version-kind", {})
    version = "/".join(part for part in (kind.get("group"), kind.get("version")) if part)
    seed = SEEDS.get((version, kind.get("kind")))
    if chance.random() < 0.85:
        for parameter in case.path_parameters:
            case.path_parameters[parameter] = chance.choice(NAMES if parameter == "name" else NAMESPACES)
        if seed and "name" in case.path_parameters and chance.random() < 0.7:
            case.path_parameters["name"] = seed["metadata"]["name"]
            if "namespace" in case.path_parameters:
                case.path_parameters["namespace"] = "fuzz"
    # A watch lasts as long as it is asked to, or half an hour.
    if "watch" in case.query:
        case.query["timeoutSeconds"] = 1
    if "follow" in case.query:
        case.query["follow"] = "false"
    if isinstance(case.body, (dict, list)) and chance.random() < 0.85:
        case.body = body(case, seed, version, kind.get("kind"), chance)
    return case


def body(case, seed, version, kind, chance):
    if case.media_type == "application/json-patch+json":
        return [
            {"op": chance.choice(["add", "remove", "replace", "move", "copy", "test"]), "path": chance.choice(POINTERS), "from": chance.choice(POINTERS), "value": case.body}
            for _ in range(chance.randrange(4))
        ]
    if not isinstance(case.body, dict) or case.method == "DELETE":
        return case.body
    result = overlay(copy.deepcopy(seed), case.body, chance) if seed else case.body
    metadata = result.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        return result
    result["apiVersion"], result["kind"] = version, kind
    for member in ("namespace", "resourceVersion", "uid"):
        metadata.pop(member, None)
    metadata["name"] = case.path_parameters.get("name", seed["metadata"]["name"] if seed else "b")
    if case.media_type == "application/apply-patch+yaml":
        case.query.update(fieldManager=chance.choice(["first", "second"]), force=chance.choice(["true", "false"]))
    return result


def overlay(target, generated, chance):
    """The seed with some of what was generated in it, at any depth."""
    for key, value in generated.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            overlay(target[key], value, chance)
        elif chance.random() < 0.5:
            target[key] = value
    return target


@schemathesis.check
def refusal_is_a_status(ctx, response, case):
    if response.status_code < 400 or case.method == "HEAD":
        return
    status = response.json()
    assert status["apiVersion"] == "v1" and status["kind"] == "Status" and status["status"] == "Failure", status
    assert status["code"] == response.status_code and status["message"] and status["reason"], status


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What Kubernetes answers with 504: a version that is yet to come."""
    if response.status_code != 504:
        return True
    causes = response.json().get("details", {}).get("causes", [])
    return not any(cause["reason"] == "ResourceVersionTooLarge" for cause in causes)
