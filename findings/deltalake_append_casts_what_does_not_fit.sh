#!/usr/bin/env bash
# Expected: appending a column whose type is not that of the table is refused, or the column is widened.
# Seen (deltalake 1.6.6 with pandas 3): the values are cast to the type that the first write gave, without a word:
#   4.5 stars become 4, the article number "00123" becomes 123.
# Why it matters: the first day of an export decides. Half stars and leading zeros of every later day are lost in a
#   table that reports success, and a backfill in one write keeps them, so the two histories differ.
# What helps: compare the Arrow schemas before each write.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check deltalake==1.6.6 pandas==3.0.0 pyarrow==26.0.1
"$work/venv/bin/python" - "$work/table" <<'PY'
import sys
from importlib.metadata import version

import pandas as pd
from deltalake import DeltaTable, QueryBuilder, write_deltalake

place = sys.argv[1]
write_deltalake(place, pd.DataFrame({"stars": [5, 3], "article": [1001, 1002]}))
write_deltalake(place, pd.DataFrame({"stars": [4.5], "article": ["00123"]}), mode="append", schema_mode="merge")
query = QueryBuilder().register("t", DeltaTable(place)).execute("select * from t order by article")
rows = [dict(zip(("stars", "article"), row)) for row in zip(*(c.to_pylist() for c in query.read_all().columns))]
print("deltalake", version("deltalake"), "pandas", version("pandas"))
print("wrote 4.5 stars for article '00123'; the table holds", rows[0])
assert rows[0] == {"stars": 4, "article": 123}, rows
PY
