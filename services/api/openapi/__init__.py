"""The API's own description, OpenAPI 3.1, made from the same forms and routes that serve it.

shapes.py (what each attribute looks like), operations.py (what each route takes and gives), document.py (the whole).
"""

from services.api.openapi.document import described, route_of

__all__ = ["described", "route_of"]
