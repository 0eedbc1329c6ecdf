import re

import pytest

from keywitness.report import browser
from keywitness.report.renderers.pdf import render


def test_the_page_is_printed_whole_and_the_same_each_time(sample):
    if browser.find() is None:
        pytest.skip("no Chromium: nothing can be printed (apt-get install chromium)")
    data = render(sample.small_document())
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", data)) >= 3
    assert b"(D:20260318093000" in data, "the time of the document, not of the printing"
    assert render(sample.small_document()) == data
