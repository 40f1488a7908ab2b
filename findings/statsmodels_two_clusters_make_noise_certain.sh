#!/usr/bin/env bash
# Expected: a difference in differences with one treated and one comparison product, standard errors clustered by
#   product, is refused, warned of, or has wide intervals: two clusters hold almost no information about their spread.
# Seen (statsmodels 0.15.0): the standard error is 0 up to rounding and p is 0 (to many digits), without a warning.
#   On pure noise nearly every draw is "significant".
# Why it matters: one product fixed, one product to compare with: the usual case of a shop. Every fix "works".
# What helps: a placebo distribution over time or products, or refusing below a number of clusters.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check statsmodels==0.15.0
"$work/venv/bin/python" -W error - <<'PY'
from importlib.metadata import version

import numpy as np
import statsmodels.api as sm

random = np.random.default_rng(1)
day = np.tile(np.arange(28), 2)
treated = np.repeat([0, 1], 28)
after = (day >= 14).astype(int)
design = np.column_stack([np.ones(56), treated, after, treated * after])
significant, largest = 0, 0.0
for _ in range(200):
    noise = random.normal(size=56)
    fit = sm.OLS(noise, design).fit(cov_type="cluster", cov_kwds={"groups": treated})
    significant += fit.pvalues[3] < 0.05
    largest = max(largest, fit.bse[3])
print("statsmodels", version("statsmodels"))
print(f"noise called significant in {significant} of 200 draws; largest standard error {largest:.1e}")
assert significant >= 190, significant
assert largest < 1e-6, largest
PY
