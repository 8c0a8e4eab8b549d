import math
from itertools import pairwise

import pytest

from seston.models.schedules import Schedule, cosine, teacher_momentum, warm_cosine

SCHEDULE = Schedule(learning_rate=2e-3, weight_decay=0.04, momentum=0.9, warmup=0.25)


def test_ends_of_the_schedules() -> None:
    assert SCHEDULE.at(0.0) == pytest.approx((0.0, 0.04, 0.9))
    assert SCHEDULE.at(0.125)[0] == pytest.approx(1e-3)
    assert SCHEDULE.at(0.25)[0] == pytest.approx(2e-3)
    assert SCHEDULE.at(1.0) == pytest.approx((2e-5, 0.4, 1.0))


def test_between_the_ends_they_follow_half_a_cosine() -> None:
    assert cosine(1.0, 0.0, 0.5) == pytest.approx(0.5)
    assert cosine(1.0, 0.0, 1 / 3) == pytest.approx(0.75)
    # half way down from the peak: the mean of peak and 1 % of it
    assert SCHEDULE.at(0.625)[0] == pytest.approx(2e-3 * (1 + 0.01) / 2)
    _, decay, momentum = SCHEDULE.at(1 / 3)
    assert decay == pytest.approx(0.04 + 0.36 / 4) and momentum == pytest.approx(0.925)


def test_the_rate_has_one_peak() -> None:
    rates = [SCHEDULE.at(step / 200)[0] for step in range(1, 201)]
    top = rates.index(max(rates))
    assert top == 49
    assert all(a < b for a, b in pairwise(rates[: top + 1]))
    assert all(a > b for a, b in pairwise(rates[top:]))


def test_without_warmup_it_starts_at_the_peak() -> None:
    schedule = Schedule(1e-3, 0.0, 0.996, 0.0)
    assert schedule.at(0.0)[0] == pytest.approx(1e-3)
    assert math.isclose(schedule.at(0.5)[1], 0.0)


@pytest.mark.parametrize(
    ("steps", "momentum"),
    [(1, 0.9), (20, 0.9), (40, 0.95), (100, 0.98), (500, 0.996), (10**6, 0.996)],
)
def test_a_teacher_remembers_half_of_the_training(steps: int, momentum: float) -> None:
    assert teacher_momentum(steps) == pytest.approx(momentum)


@pytest.mark.parametrize("warmup", [0.0, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("steps", [10, 100, 5000])
def test_planned_steps_end_at_0_and_peak_where_the_warm_up_ends(steps: int, warmup: float) -> None:
    rates = [warm_cosine(step / steps, warmup) for step in range(1, steps + 1)]
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)
    top = max(1, round(warmup * steps))
    assert rates.index(max(rates)) + 1 == top
    if warmup * steps >= 1:
        assert rates[top - 1] == pytest.approx(1.0)
