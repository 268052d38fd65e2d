"""Ids of tokens and logins: UUIDs of version 7 that say to the microsecond when they were made (RFC 9562)."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest

from nexios.tokens.ids import id_made_at, new_id

MOMENTS = [0.0, 0.000001, 0.000999, 0.001, 1_800_000_000.0, 1_800_000_000.000001, 1_799_999_999.999999]
# RFC 9562 A.6
VECTOR = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_id_says_to_the_microsecond_when_it_was_made(moment: float) -> None:
    made = new_id(moment)
    assert id_made_at(made) == moment
    found = UUID(made)
    assert (found.version, found.variant) == (7, RFC_4122)
    # RFC 9562 6.2, method 3: milliseconds, and what is below them as a part of 4096.
    milliseconds, rest = divmod(round(moment * 1_000_000), 1000)
    assert found.int >> 80 == milliseconds
    assert 0 <= (found.int >> 64 & 0xFFF) - rest * 4096 / 1000 < 1


def test_the_vector_of_the_rfc_is_read() -> None:
    # 0xcc3 parts of 4096 of a millisecond are 797 microseconds.
    assert id_made_at(VECTOR) == 1_645_557_742.000797


def test_ids_sort_by_when_they_were_made() -> None:
    ids = [new_id(1_800_000_000 + step / 1_000_000) for step in range(3000)]
    assert ids == sorted(ids)


def test_all_that_a_moment_leaves_open_is_random() -> None:
    ids = [UUID(new_id(1_800_000_000.0)).int for _ in range(200)]
    assert len(set(ids)) == 200
    for bit in range(62):
        assert {made >> bit & 1 for made in ids} == {0, 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        VECTOR.upper(),
        VECTOR.replace("-", ""),
        "{" + VECTOR + "}",
        "urn:uuid:" + VECTOR,
        VECTOR.replace("-7cc3-", "-4cc3-"),
        VECTOR.replace("-7cc3-", "-8cc3-"),
        VECTOR.replace("-98c4-", "-18c4-"),
    ],
)
def test_what_is_spelt_or_made_otherwise_is_no_id_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an id of ours|badly formed"):
        id_made_at(text)
