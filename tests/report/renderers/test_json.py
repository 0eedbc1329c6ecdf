from pathlib import Path

from keywitness.report.renderers.json import RENDERER, load

SNAPSHOT = Path(__file__).parents[1] / "snapshots" / "report.json"


def test_the_document_is_the_snapshot(sample):
    """After a wanted change: `python tests/report/snapshots/write.py`."""
    assert RENDERER.render(sample.document()) == SNAPSHOT.read_bytes()


def test_the_snapshot_loads(sample):
    assert load(SNAPSHOT) == sample.document()
