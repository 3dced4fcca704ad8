# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false
"""Run by an interpreter that has splink: link two files of people and print how well, as a table."""

from __future__ import annotations

import logging
import sys
import time
from importlib.metadata import version

import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COLUMNS = ("unique_id", "surname", "given", "born", "sex", "number", "phone", "address")
#: From which probability on a pair counts as linked.
THRESHOLDS = (0.5, 0.95, 0.99, 0.9999)


def main() -> None:
    known, again = sys.argv[1:3]
    database = DuckDBAPI()
    began = time.monotonic()
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.ExactMatch("surname"),
            compare.LevenshteinAtThresholds("given", 1),
            compare.DamerauLevenshteinAtThresholds("born", 1),
            compare.DamerauLevenshteinAtThresholds("number", 1),
            compare.ExactMatch("sex"),
            compare.ExactMatch("phone"),
            compare.ExactMatch("address"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("surname", "given", "born"),
            block_on("phone"),
            block_on("surname", "given", "address"),
            block_on("born", "surname", "sex"),
        ],
    )
    con = database.duckdb_con
    tables = []
    for name, path in (("known", known), ("again", again)):
        text = ", ".join(f"nullif({column}, '') as {column}" for column in COLUMNS)
        con.execute(f"create table {name}_people as select {text} from read_csv('{path}', all_varchar=true)")
        tables.append(database.register(f"{name}_people", dataset_display_name=name))
    linker = Linker(tables, settings, log_level=logging.WARNING)
    linker.training.estimate_probability_two_random_records_match([block_on("number")], recall=0.85)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("number"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("surname", "given"))
    trained = time.monotonic()
    found = linker.inference.predict(threshold_match_probability=THRESHOLDS[0]).as_record_list()
    ended = time.monotonic()
    came = con.execute("select count(*) from again_people").fetchone()
    print(f"| splink {version('splink')}, duckdb {version('duckdb')} | value |\n|---|---|")  # noqa: T201
    print(f"| training / linking | {trained - began:.0f} / {ended - trained:.0f} s |")  # noqa: T201
    for threshold in THRESHOLDS:
        linked = [one for one in found if one["match_probability"] >= threshold]
        right = sum(_id(one) in ("l", "r") for one in linked)
        people = len({_again(one) for one in linked if _id(one)})
        print(  # noqa: T201
            f"| from {threshold} on | precision {right / max(1, len(linked)):.4f} ({right:,} of {len(linked):,}), "
            f"recall {people / came[0]:.4f} ({people:,} of {came[0]:,} who came again) |"
        )


def _again(one: dict[str, str]) -> str:
    return max(one["unique_id_l"], one["unique_id_r"], key=lambda name: name.startswith("again-"))


def _id(one: dict[str, str]) -> str:
    """Which side came again, where both are one person; '' where they are two."""
    left, right = one["unique_id_l"], one["unique_id_r"]
    if left == f"again-{right}":
        return "l"
    return "r" if right == f"again-{left}" else ""


if __name__ == "__main__":
    main()
