"""The lineage that benchmarks walk: what a busy laboratory's looks like, with many diamonds and a few hub lots.

Families of 50 nodes hang on shared powder lots; now and then a campaign of 2,000 nodes builds on itself, so that its
last samples have more than a thousand ancestors.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FAMILY, CAMPAIGN = 50, 2_000
CAMPAIGN_EVERY = 1_000
WINDOW = 12
NODES_PER_LOT = 2_000
SEED = 20_240_501


@dataclass
class Shape:
    """Numbers of samples and processes, from 0, and what goes into and comes out of each process.

    Attributes:
        samples: How many.
        processes: How many.
        inputs: Pairs of process and sample.
        outputs: Pairs of process and sample.
        campaigns: The samples of each campaign.
    """

    samples: int = 0
    processes: int = 0
    inputs: list[tuple[int, int]] = field(default_factory=list)
    outputs: list[tuple[int, int]] = field(default_factory=list)
    campaigns: list[range] = field(default_factory=list)

    @property
    def nodes(self) -> int:
        """Samples and processes together."""
        return self.samples + self.processes


def shape_of(nodes: int) -> Shape:
    """A lineage of about so many nodes, always the same."""
    chance = random.Random(SEED)
    shape = Shape(samples=max(nodes // NODES_PER_LOT, 3))
    lots = shape.samples
    family = 0
    while shape.nodes < nodes:
        family += 1
        first, is_campaign = shape.samples, family % CAMPAIGN_EVERY == CAMPAIGN_EVERY // 2
        _grow(shape, min(CAMPAIGN if is_campaign else FAMILY, nodes - shape.nodes), lots, chance)
        if is_campaign:
            shape.campaigns.append(range(first, shape.samples))
    return shape


def _grow(shape: Shape, size: int, lots: int, chance: random.Random) -> None:
    """One family: each process takes two to four of the newest samples, or lots, and gives one or two."""
    own: list[int] = []
    grown = 0
    while grown < size:
        process = shape.processes
        shape.processes += 1
        taken = {
            own[-1 - chance.randrange(min(WINDOW, len(own)))]
            if own and chance.random() < 0.8
            else int(lots * chance.random() ** 2)
            for _ in range(chance.randint(2, 4))
        }
        shape.inputs += [(process, sample) for sample in sorted(taken)]
        for _ in range(chance.randint(1, 2)):
            shape.outputs.append((process, shape.samples))
            own.append(shape.samples)
            shape.samples += 1
            grown += 1
        grown += 1
