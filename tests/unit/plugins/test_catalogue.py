"""What of a catalogue is copied, and how a listing is recognised."""

from hypothesis import given
from hypothesis import strategies as st

from sparkify.catalogue import compare
from sparkify.s3 import S3LocationError, S3Object, compression, fingerprint, split_url

KEYS = st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=8)


def listing(keys: dict[str, str]) -> list[S3Object]:
    return [S3Object("bucket", key, etag) for key, etag in keys.items()]


def test_new_objects_alone_are_copied_beside_what_is_loaded() -> None:
    difference = compare(listing({"a": "1", "b": "2"}), {"a": "1"})
    assert not difference.whole
    assert [item.key for item in difference.to_copy] == ["b"]


def test_one_changed_object_copies_the_whole_catalogue() -> None:
    difference = compare(listing({"a": "9", "b": "2"}), {"a": "1", "b": "2"})
    assert difference.whole
    assert [item.key for item in difference.to_copy] == ["a", "b"]


def test_one_object_gone_copies_the_whole_catalogue() -> None:
    assert compare(listing({"b": "2"}), {"a": "1", "b": "2"}).whole


def test_an_emptied_catalogue_leaves_nothing_to_copy() -> None:
    difference = compare([], {"a": "1"})
    assert difference.whole
    assert difference.to_copy == ()


@given(ledger=KEYS, listed=KEYS)
def test_after_copying_the_difference_ledger_and_listing_agree(ledger: dict[str, str], listed: dict[str, str]) -> None:
    difference = compare(listing(listed), ledger)
    after = {} if difference.whole else dict(ledger)
    after |= {item.key: item.etag for item in difference.to_copy}
    assert after == listed


@given(keys=KEYS, other=KEYS)
def test_listings_have_one_fingerprint_exactly_if_they_are_the_same(
    keys: dict[str, str], other: dict[str, str]
) -> None:
    assert (fingerprint(listing(keys)) == fingerprint(reversed(listing(other)))) == (keys == other)


def test_the_compression_is_told_by_the_suffix_and_mixed_ones_are_refused() -> None:
    assert compression(listing({"a.json.gz": "1", "b.json.gz": "2"})) == "gzip"
    assert compression(listing({"a.json": "1"})) is None
    try:
        compression(listing({"a.json.gz": "1", "b.json": "2"}))
    except S3LocationError as error:
        assert "None, gzip" in str(error)
    else:
        raise AssertionError


def test_a_location_is_bucket_and_key() -> None:
    assert split_url("s3://bucket/a/b.json") == ("bucket", "a/b.json")
    assert split_url("s3://bucket") == ("bucket", "")
