#!/usr/bin/env bash
# Expected: after a fix, 0 complaints against 5 before on equal volume: the ratio of the rates is uncertain, and its
#   95 % interval starts at 0.
# Seen (statsmodels 0.15.0): confint_poisson_2indep with its default method gives an interval without width,
#   (0.768, 0.768), and no warning. Method "mover" gives 0 to about 0.9.
# Why it matters: zero complaints is the very case a working fix makes. The interval says "certainly 23 % better".
# What helps: method="mover", or an exact interval, whenever a count may be zero.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check statsmodels==0.15.0
"$work/venv/bin/python" -W error - <<'PY'
from importlib.metadata import version

from statsmodels.stats.rates import confint_poisson_2indep

default = confint_poisson_2indep(0, 100.0, 5, 100.0, compare="ratio")
mover = confint_poisson_2indep(0, 100.0, 5, 100.0, compare="ratio", method="mover")
print("statsmodels", version("statsmodels"))
print("default:", tuple(round(float(end), 3) for end in default))
print("mover:  ", tuple(round(float(end), 3) for end in mover))
assert abs(default[0] - default[1]) < 1e-6 and 0.7 < default[0] < 0.8, default
assert mover[0] < 0.01 < 0.5 < mover[1], mover
PY
