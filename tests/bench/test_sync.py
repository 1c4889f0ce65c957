"""The arithmetic of the sync benchmark, and what it says where something cannot be measured."""

import contextlib

import pytest

from appliance.bench import sync
from appliance.bench.sync.line import ideal_seconds
from appliance.errors import Unavailable


@pytest.mark.parametrize(("mb", "seconds"), [(2, 1.0), (40, 20.0), (50, 25.0 + 8.0), (100, 50.0 + 16.0)])
def test_the_ideal_counts_the_cuts_that_fall_into_it(mb, seconds):
    assert ideal_seconds(mb * 1_000_000) == pytest.approx(seconds)


def test_where_no_line_can_be_cut_the_figure_is_null_and_the_reason_said(tmp_path, monkeypatch):
    @contextlib.contextmanager
    def cannot():
        raise Unavailable("a line that is cut needs root")
        yield

    monkeypatch.setattr(sync, "laid", cannot)
    assert sync._cut(tmp_path) == {
        "cuts": None,
        "not_measured": {"ratio_to_ideal_with_cuts": "a line that is cut needs root"},
    }
