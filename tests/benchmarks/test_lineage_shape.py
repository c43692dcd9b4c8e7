"""The lineage that is measured: as large as asked, always the same, acyclic, with samples that have many ancestors."""

from benchmarks.lineage_shape import shape_of


def ancestors(shape, sample):
    made_by = {product: process for process, product in shape.outputs}
    sources = {}
    for process, source in shape.inputs:
        sources.setdefault(process, []).append(source)
    found, waiting = set(), [sample]
    while waiting:
        for source in sources.get(made_by.get(waiting.pop()), ()):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def test_the_shape():
    shape = shape_of(40_000)
    assert abs(shape.nodes - 40_000) < 10
    again = shape_of(40_000)
    assert (again.inputs, again.outputs) == (shape.inputs, shape.outputs)
    made_by = {product: process for process, product in shape.outputs}
    assert len(made_by) == len(shape.outputs)  # one producer each
    newest = {}
    for process, source in shape.inputs:
        newest[process] = max(newest.get(process, -1), source)
    assert all(newest[process] < product for process, product in shape.outputs)  # so there is no cycle
    [campaign] = shape.campaigns
    assert 600 <= len(ancestors(shape, campaign[-1])) <= 1_200
