"""The simulations of the lab's tests, here too."""

from __future__ import annotations

from ..lab.conftest import article, article_case, ordinary

__all__ = ["article", "article_case", "ordinary"]
