"""`python -m sandbox.conformance`: checks a record of the sandbox against Discord's OpenAPI description.

Requests are what the bot sends; answers and events are what the sandbox sends. `event_schemas` describes the
events. Answers that a fault made up are not checked.

The description marks unions as `anyOf` with `x-discord-union: oneOf`. Branches of some unions overlap: a
plain message is both a valid webhook request and a valid webhook update. A request therefore has to fit at
least one branch. Ids in requests may be numbers, as in the documentation's section on uploading files.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rich.console import Console
from rich.table import Table

from sandbox.event_schemas import EVENTS
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Json

_RECEIVED, _SENT = "urn:received", "urn:sent"
"""The description for what the sandbox gets, where ids may be numbers, and for what it sends."""
_FORM_ERROR = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["code", "message"],
}
_MULTIPART = "multipart/form-data"
_ALSO_TAKEN = {("/channels/{channel_id}/threads", "use_nested_fields")}
"""Query parameters that Discord takes although the description lacks them; discord.py sends them."""
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass
class Report:
    """The number of requests for each route and of each event, and a line for each violation."""

    routes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Description:
    """Discord's description, which checks requests, answers and events."""

    def __init__(self, document: Json) -> None:
        self._document = document
        sent = deepcopy(document)
        sent["events"] = EVENTS
        received = deepcopy(document)
        for one in (sent, received):  # the documentation has type 1, FORWARD
            _change(one, ("MessageReferenceType",), oneOf=[{"const": 0}, {"const": 1}])
        _change(received, ("SnowflakeType",), type=["string", "integer"])
        # The documentation shows texts as the codes of errors in forms; the description says numbers.
        _change(sent, ("InnerErrors", "properties", "_errors"), items=_FORM_ERROR)
        self._registry: Registry[Any] = Registry().with_resources(
            (root, Resource.from_contents(contents, default_specification=DRAFT202012))
            for root, contents in ((_RECEIVED, received), (_SENT, sent))
        )
        paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self._paths = [(re.compile(_as_pattern(path)), path) for path in paths]

    def check(self, line: Json, report: Report) -> None:
        """Check a line of the record and add the result to the report."""
        if "event" in line:
            self._check_event(line["event"], line["data"], report)
        else:
            self._check_request(line, report)

    def _check_event(self, name: str, data: Json, report: Report) -> None:
        report.routes[f"event {name}"] += 1
        if name not in EVENTS:
            report.violations.append(f"event {name}: there is no schema of it.")
            return
        problems = self._errors(f"/events/{name}", data, "data", _SENT)
        report.violations += [f"event {name}: {problem}" for problem in problems]

    def _check_request(self, request: Json, report: Report) -> None:
        method, path = request["method"].lower(), request["path"]
        template = self._template(path, method)
        if template is None:
            report.routes[f"{method.upper()} {path} (unknown)"] += 1
            report.violations.append(f"{method.upper()} {path}: the description has no such route.")
            return
        route = f"{method.upper()} {template}"
        report.routes[route] += 1
        operation = self._document["paths"][template][method]
        problems = [
            *self._in_path(template, path),
            *self._in_query(template, method, request.get("query") or {}),
        ]
        problems += self._in_body(template, method, operation, request)
        problems += self._in_answer(template, method, operation["responses"], request)
        report.violations += [f"{route}: {problem}" for problem in problems]

    def _template(self, path: str, method: str) -> str | None:
        fitting = [template for pattern, template in self._paths if pattern.fullmatch(path)]
        return next((template for template in fitting if method in self._document["paths"][template]), None)

    def _parameters(self, template: str, method: str, where: str) -> dict[str, tuple[str, Json]]:
        """The parameters by name, each with a pointer into the document."""
        item = self._document["paths"][template]
        found = {}
        for prefix, owner in (("", item), (f"/{method}", item[method])):
            for at, parameter in enumerate(owner.get("parameters", ())):
                if parameter.get("in") == where:
                    pointer = f"/paths/{_escaped(template)}{prefix}/parameters/{at}/schema"
                    found[parameter["name"]] = (pointer, parameter)
        return found

    def _in_path(self, template: str, path: str) -> Iterator[str]:
        match = re.fullmatch(_as_pattern(template), path)
        names = re.findall(r"{(\w+)}", template)
        method = next(name for name in _METHODS if name in self._document["paths"][template])
        parameters = self._parameters(template, method, "path")
        for name, value in zip(names, match.groups() if match else (), strict=True):
            if name in parameters:
                yield from self._errors(parameters[name][0], value, f"path parameter {name}")

    def _in_query(self, template: str, method: str, query: dict[str, str]) -> Iterator[str]:
        parameters = self._parameters(template, method, "query")
        for name, value in query.items():
            if name not in parameters:
                if (template, name) in _ALSO_TAKEN:
                    continue
                yield f"query parameter {name} is not described."
                continue
            pointer, parameter = parameters[name]
            yield from self._errors(
                pointer, self._typed(parameter["schema"], value), f"query parameter {name}"
            )
        for name, (_, parameter) in parameters.items():
            if parameter.get("required") and name not in query:
                yield f"query parameter {name} is missing."

    def _in_body(self, template: str, method: str, operation: Json, request: Json) -> Iterator[str]:
        described = operation.get("requestBody", {})
        kind, body = request.get("content_type"), request.get("body")
        if not described or (body is None and not request.get("files")):
            if described.get("required"):
                yield "the body is missing."
            elif body is not None:
                yield "the request has a body, but the description has none."
            return
        kind = _MULTIPART if str(kind).startswith("multipart/") else str(kind)
        if kind not in described["content"]:
            yield f"content type {kind} is not described."
            return
        if kind == _MULTIPART:
            body = {**(body or {}), **{f"files[{index}]": "" for index in request.get("files") or ()}}
        pointer = f"/paths/{_escaped(template)}/{method}/requestBody/content/{_escaped(kind)}/schema"
        yield from self._errors(pointer, body, "body")

    def _in_answer(self, template: str, method: str, responses: Json, request: Json) -> Iterator[str]:
        status, body = str(request["status"]), request["answer"]
        if request["fault"]:
            return
        known = next((key for key in (status, f"{status[0]}XX") if key in responses), None)
        if known is None:
            yield f"status {status} is not described: {(body or {}).get('message', '')}"
            return
        pointer = f"/paths/{_escaped(template)}/{method}/responses/{known}"
        response = responses[known]
        if "$ref" in response:
            pointer = response["$ref"].removeprefix("#")
            response = self._document["components"]["responses"][pointer.rpartition("/")[2]]
        if "content" in response:
            yield from self._errors(f"{pointer}/content/application~1json/schema", body, "answer", _SENT)
        elif body is not None:
            yield f"the answer of status {status} has a body, but the description has none."

    def _typed(self, schema: Json, text: str) -> Any:
        """The text of a query parameter, converted to the type in its schema."""
        if "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        kinds = schema.get("type", "string")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "boolean" in kinds and text.lower() in ("true", "false", "1", "0"):
            return text.lower() in ("true", "1")
        if "integer" in kinds and "string" not in kinds and re.fullmatch(r"-?\d+", text):
            return int(text)
        return text

    def _errors(self, pointer: str, instance: Any, where: str, root: str = _RECEIVED) -> Iterator[str]:
        validator = OAS31Validator(
            {"$ref": f"{root}#{pointer}"}, registry=self._registry, format_checker=oas31_format_checker
        )
        for error in validator.iter_errors(instance):
            relevant = best_match([error]) or error  # the most relevant error of a union
            place = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in relevant.absolute_path
            )
            yield f"{where}{place}: {relevant.message[:200]}"


def _change(document: Json, path: tuple[str, ...], **changes: Any) -> None:
    """Change a part of a schema, if the document has it."""
    part = document.get("components", {}).get("schemas", {})
    for key in path:
        part = part.get(key, {})
    if part:
        part |= changes


def _as_pattern(template: str) -> str:
    return "".join(
        "([^/]+)" if part.startswith("{") else re.escape(part)
        for part in re.split(r"({\w+})", template)
        if part
    )


def _escaped(part: str) -> str:
    """A key as a step of a JSON pointer in a URL (RFC 6901, sections 3 and 6)."""
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def check(description: Json, lines: list[Json]) -> Report:
    """Check the lines of a record against a description."""
    checked, report = Description(description), Report()
    for line in lines:
        checked.check(line, report)
    return report


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"Cannot read {path}: {error}.") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SandboxError(f"{path} is not JSON: {error}.") from None


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    spec: Annotated[Path, typer.Option(help="Discord's OpenAPI description (JSON).")],
    requests: Annotated[Path, typer.Option(help="What the sandbox recorded (JSON lines).")],
) -> None:
    """List what Discord's description does not allow in a record; exit with 1 if there is anything."""
    console = Console(soft_wrap=True)
    try:
        description = _parsed(spec, _read(spec))
        lines = [_parsed(requests, line) for line in _read(requests).splitlines() if line.strip()]
        if not isinstance(description, dict) or "paths" not in description:
            raise SandboxError(f"{spec} is not an OpenAPI description: it has no paths.")
        if not lines:
            raise SandboxError(f"{requests} holds no requests; record some first.")
    except SandboxError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(1) from None
    report = check(description, lines)
    table = Table("route or event", "count")
    for route, count in sorted(report.routes.items()):
        table.add_row(route, str(count))
    console.print(table)
    for violation in report.violations:
        console.print(f"violation: {violation}", markup=False, highlight=False)
    console.print(f"{len(lines)} requests and events, {len(report.violations)} violations")
    if report.violations:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
