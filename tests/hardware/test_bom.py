"""What to buy: whole, and computed."""

from decimal import Decimal

import pytest

from .reading import HARDWARE, bom, drawing

COLUMNS = ["variant", "group", "reference", "part", "manufacturer", "mpn", "quantity", "optional", "supplier",
           "alternative", "price_eur", "price_as_of"]  # fmt: skip


def test_the_columns_are_these():
    assert list(bom()[0]) == COLUMNS


@pytest.mark.parametrize("row", bom(), ids=lambda row: f"{row['variant']}-{row['reference']}")
def test_a_row_is_complete(row):
    assert row["variant"] in ("pi", "nuc")
    assert row["optional"] in ("yes", "no")
    assert all(row[column].strip() == row[column] for column in COLUMNS)
    assert all(row[column] for column in COLUMNS if column != "alternative")
    assert int(row["quantity"]) > 0
    assert Decimal(row["price_eur"]) > 0
    assert row["price_as_of"].endswith(" estimate")


@pytest.mark.parametrize("row", bom(), ids=lambda row: f"{row['variant']}-{row['reference']}")
def test_what_may_be_of_any_make_is_specified_or_has_an_alternative(row):
    if row["mpn"] == "any":
        assert len(row["part"]) > 15 or row["alternative"]


def test_references_are_unique_and_as_many_as_the_quantity_says():
    references = [one for row in bom() for one in row["reference"].split()]
    assert len(references) == len(set(references))
    for row in bom():
        if len(row["reference"].split()) > 1:
            assert int(row["quantity"]) == len(row["reference"].split())


def test_both_variants_have_a_computer_a_panel_and_a_network_cable():
    for variant in ("pi", "nuc"):
        rows = [row for row in bom() if row["variant"] == variant]
        assert {"computer", "panel"} <= {row["group"] for row in rows}
        assert any("Ethernet cable" in row["part"] for row in rows)


def test_the_parts_to_print_are_the_parts_that_are_drawn():
    printed = {row["mpn"] for row in bom() if row["manufacturer"] == "this project"}
    assert printed == {f"enclosure/{part}.scad" for part in drawing().PARTS}
    assert all((HARDWARE / file).is_file() for file in printed)


def test_the_readme_has_the_costs_and_currents_that_follow_from_the_files():
    readme = (HARDWARE / "README.md").read_text(encoding="utf-8")
    assert drawing().with_tables(readme) == readme, "scripts/hardware --pictures writes them anew"


def test_the_total_is_the_sum_of_what_is_not_optional():
    total = sum(
        Decimal(row["price_eur"]) * int(row["quantity"])
        for row in bom()
        if row["variant"] == "pi" and row["optional"] == "no"
    )
    assert f"**{total:.2f}**" in drawing().cost_table()
