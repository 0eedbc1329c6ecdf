"""Write the snapshots again after a wanted change; look at the difference before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Forms of which the small document is kept; the page and its PDF are looked at in a browser instead.
SMALL = ("markdown", "ocsf", "stix", "timesketch", "navigator", "exposure", "findings", "incidents", "sessions")


def main() -> None:
    """All snapshots, from the sample."""
    sys.path.insert(0, str(HERE.parent))
    import sample

    from keywitness.report.renderers import RENDERERS
    from keywitness.report.renderers.text import summary

    (HERE / "report.json").write_bytes(RENDERERS["json"].render(sample.document()))
    (HERE / "summary.txt").write_text(summary(sample.document(), report="out/report.html"), "utf-8")
    (HERE / "small").mkdir(exist_ok=True)
    for name in SMALL:
        (HERE / "small" / RENDERERS[name].file_name).write_bytes(RENDERERS[name].render(sample.small_document()))


if __name__ == "__main__":
    main()
