"""`python -m benchmarks [part ...]`, from the project's folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "platform"))

from benchmarks.run import main

sys.exit(main(sys.argv[1:]))
