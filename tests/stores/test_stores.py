"""Which driver a place gets: by what the settings or a person at the command line name."""

import pytest

from appliance.config import UpstreamSettings
from appliance.errors import BadInput, ConfigError, NotFound
from appliance.stores import places
from appliance.stores.directory import DirectoryStore


def test_without_a_url_evidence_goes_to_a_folder(tmp_path):
    assert isinstance(places.of_box(UpstreamSettings(), tmp_path), DirectoryStore)
    assert places.at(str(tmp_path)).address == str(tmp_path)
    with pytest.raises(NotFound, match="not a folder"):
        places.at(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "location",
    ["ftp://x", "s3://", "s3://user:pass@bucket", "s3://bucket/a b", "s3://bucket?x=1", "s3://bucket/.hidden"],
)
def test_I7_a_place_that_cannot_be_one_is_refused_and_no_password_is_repeated(location, tmp_path):
    with pytest.raises(BadInput) as refused:
        places.at(location)
    assert refused.value.hint
    assert "pass" not in str(refused.value)
    with pytest.raises(ConfigError, match=r"\[upstream\] url"):
        places.of_box(UpstreamSettings(url=location), tmp_path)


def test_an_endpoint_without_its_scheme_is_named(tmp_path):
    with pytest.raises(ConfigError, match="endpoint"):
        places.of_box(UpstreamSettings(url="s3://lab", endpoint="localhost:9000"), tmp_path)
