"""Write the snapshots again after a wanted change; look at the difference before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Both snapshots, from the sample."""
    sys.path.insert(0, str(HERE.parent))
    import sample

    from keywitness.report.renderers.json import RENDERER
    from keywitness.report.renderers.text import summary

    (HERE / "report.json").write_bytes(RENDERER.render(sample.document()))
    (HERE / "summary.txt").write_text(summary(sample.document(), report="out/report.html"), "utf-8")


if __name__ == "__main__":
    main()
