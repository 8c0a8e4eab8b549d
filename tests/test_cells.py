import numpy as np
import pytest

from seston.change.cells import MOST_CELLS, cells_of

# Ten samples of three groups on days 0 to 3; the seventh has no volume.
GROUP = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
DAY = np.array([0, 0, 1, 3, 0, 1, 1, 0, 3, 3])
VOLUME = np.array([1.0, 2.0, 0.5, 1.0, 4.0, 1.0, np.nan, 1.0, 1.0, 0.25])
COUNT = np.array([5, 7, 1, 0, 2, 3, 9, 4, 6, 1])


def test_samples_of_one_group_and_day_are_one_cell():
    cells = cells_of(GROUP, DAY, VOLUME)
    assert cells.group.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert cells.time.tolist() == [0, 1, 3, 0, 1, 0, 3]
    assert cells.effort.tolist() == [3.0, 0.5, 1.0, 4.0, 1.0, 1.0, 1.25]
    assert cells.samples.tolist() == [2, 1, 1, 1, 1, 1, 2]
    assert cells.total(COUNT).tolist() == [12, 1, 0, 2, 3, 4, 7]
    assert (cells.groups, cells.periods, cells.width) == (3, 3, 1)


def test_many_classes_are_summed_at_once():
    cells = cells_of(GROUP, DAY, VOLUME)
    both = cells.total(np.column_stack([COUNT, 2 * COUNT]))
    assert both[:, 1].tolist() == [24, 2, 0, 4, 6, 8, 14]


def test_groups_without_effort_get_no_number():
    cells = cells_of(GROUP, DAY, np.where(GROUP == 1, 0.0, 1.0))
    assert cells.group.tolist() == [0, 0, 0, 1, 1]
    assert cells.place[GROUP == 1].tolist() == [-1, -1, -1]


def test_too_many_periods_are_joined_to_blocks():
    day = np.arange(1000)
    cells = cells_of(np.zeros(1000, np.int64), day, np.ones(1000))
    assert cells.width == 3
    assert len(cells.time) == 334 <= MOST_CELLS
    assert cells.effort[:-1].tolist() == [3.0] * 333


def test_without_any_effort_there_are_no_cells():
    with pytest.raises(ValueError, match="no sample with effort"):
        cells_of(GROUP, DAY, np.zeros(10))


def test_very_many_groups_come_to_an_end():
    group, time = (x.ravel() for x in np.indices((MOST_CELLS + 1, 5)))
    cells = cells_of(group, time, np.ones(len(group)))
    assert (cells.width, cells.groups, cells.periods) == (5, MOST_CELLS + 1, 1)
