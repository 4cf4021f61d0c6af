"""Imported before nameko: silences eventlet's advice to move to asyncio. Side effect: a warning filter."""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
