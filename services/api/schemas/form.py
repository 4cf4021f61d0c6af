"""Reads the body of a POST or PUT in Neutron's order: shape, project, unknown and forbidden attributes, defaults, values.

Source: neutron.api.v2.base.prepare_request_body and neutron_lib.api.attributes.
"""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from libs.errors import Refusal, bad_request
from libs.naming import plural_of

BULK = 1000
"""The most resources that one request may make."""


class Form:
    """What may be sent about one kind of resource. `schema` declares every attribute: ReadOnly ones can never be sent, those with
    put=False at creation only, with post=False in changes only; required ones must be."""

    def __init__(self, singular: str, schema: type[Schema]) -> None:
        self.singular, self.plural = singular, plural_of(singular)
        declared = {one.data_key or name: (name, one) for name, one in schema._declared_fields.items()}
        self._known = frozenset(declared)
        self._sendable = frozenset(key for key, (_, one) in declared.items() if _may(one, "post"))
        put = {key: name for key, (name, one) in declared.items() if _may(one, "put")}
        self._changeable = frozenset(put)
        self._names = {name: key for key, (name, _) in declared.items()}
        self.required = tuple(key for key, (_, one) in declared.items() if one.required)
        self._post = schema(unknown=RAISE)
        self._put = schema(only=tuple(put.values()), partial=True, unknown=RAISE)

    @property
    def attributes(self) -> dict[str, tuple[bool, bool]]:
        """{attribute: (may be sent in POST, may be sent in PUT)}"""
        return {key: (key in self._sendable, key in self._changeable) for key in self._known}

    def named(self, values: dict[str, Any]) -> dict[str, Any]:
        """`values` of a loaded resource under the API's names."""
        return {self._names[name]: value for name, value in values.items()}

    def created(self, body: Any) -> tuple[list[dict[str, Any]], bool]:
        """([values of one resource], whether it was a bulk request). Raises Refusal 400."""
        body = self._object(body)
        if self.plural not in body:
            return [self._one(self._resource(body), self._post)], False
        items = body[self.plural]
        if not isinstance(items, list):
            raise bad_request("Body contains invalid data")
        if not items:
            raise bad_request("Resources required")
        if len(items) > BULK:
            raise bad_request(f"A request may create at most {BULK} {self.plural}")
        return [self._one(self._item(one), self._post) for one in items], True

    def changed(self, body: Any) -> dict[str, Any]:
        """The values that were sent, and no others. Raises Refusal 400."""
        return self._one(self._resource(self._object(body)), self._put)

    def _object(self, body: Any) -> dict[str, Any]:
        if body is None:
            raise bad_request(f"Unable to find '{self.singular}' in request body")
        if not isinstance(body, dict):
            raise bad_request("Body contains invalid data")
        return body

    def _item(self, one: Any) -> dict[str, Any]:
        if not isinstance(one, dict):
            raise bad_request("Body contains invalid data")
        return self._resource(one if self.singular in one else {self.singular: one})

    def _resource(self, body: dict[str, Any]) -> dict[str, Any]:
        resource = body.get(self.singular)
        if resource is None:
            raise bad_request(f"Unable to find '{self.singular}' in request body")
        if not isinstance(resource, dict):
            raise bad_request(f"Object '{self.singular}' contains invalid data")
        return resource

    def _one(self, sent: dict[str, Any], schema: Schema) -> dict[str, Any]:
        project = sent.get("project_id", sent.get("tenant_id"))
        if sent.get("tenant_id", project) != project:
            raise bad_request("'project_id' and 'tenant_id' do not match")
        extra = sent.keys() - self._known
        if extra:
            raise bad_request(f"Unrecognized attribute(s) '{', '.join(sorted(extra))[:1000]}'")
        self._refuse_forbidden(sent, schema is self._post)
        try:
            return schema.load(sent)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise refused(error) from None

    def _refuse_forbidden(self, sent: dict[str, Any], creating: bool) -> None:
        forbidden = sent.keys() - (self._sendable if creating else self._changeable)
        if forbidden:
            name = sorted(forbidden)[0]
            raise bad_request(
                f"Attribute '{name}' not allowed in POST" if creating else f"Cannot update read-only attribute {name}"
            )
        for name in self.required if creating else ():
            if name not in sent:
                raise bad_request(f"Failed to parse request. Required attribute '{name}' not specified")


def _may(one: fields.Field[Any], method: str) -> bool:
    return not one.dump_only and bool(one.metadata.get(method, True))


def refused(error: ValidationError, name: str = "body") -> Refusal:
    """400: the first of a schema's complaints (or one about the attribute `name`) as Neutron words it."""
    complaints: dict[str, Any] = error.messages if isinstance(error.messages, dict) else {name: error.messages}
    name, reasons = next(iter(complaints.items()))
    reason = reasons[0] if isinstance(reasons, list) else reasons
    return Refusal(400, "HTTPBadRequest", f"Invalid input for {name}. Reason: {reason}.")
