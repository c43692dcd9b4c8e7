"""How often intervals of seeded circuit fits hold the truth; prints CPU seconds and the part for each parameter."""

import json
import sys

from benchmarks.eis_coverage import coverage

held, missed, cpu = coverage(int(sys.argv[1]))
if missed:
    raise SystemExit(f"{missed} fits missed the optimum")
print(json.dumps({"cpu": cpu, "answer": {"parts": list(held.values())}}))
