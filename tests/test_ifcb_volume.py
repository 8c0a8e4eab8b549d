"""Volume analysed by an IFCB: both clocks, their disagreement, and how a clock is mended."""

import re

import pytest

from seston.instruments import ifcb
from seston.instruments.contract import Reading
from seston.instruments.ifcb.adc import parse_targets
from seston.instruments.ifcb.hdr import Header, read_header
from seston.instruments.ifcb.volume import analysed, analysed_v1, clock_of_targets, flow
from synthetic.ifcb import shapes, write_bin


def header(**values):
    return Header({key.lower(): str(value) for key, value in values.items()})


def targets(times, runs, inhibits):
    """Return triggers without images, of instruments from 7 on."""
    return parse_targets(
        f"{i},{t},{'0,' * 20}{run},{inhibit}"
        for i, (t, run, inhibit) in enumerate(zip(times, runs, inhibits, strict=True), start=1)
    ).rows


def steady(count, step=10.0, blind=0.1):
    """Return a run that saw a trigger every `step` seconds and was blind `blind` s for each."""
    times = [step * i for i in range(1, count + 1)]
    return times, times.copy(), [blind * i for i in range(1, count + 1)]


def code(volume):
    return [flag.code for flag in volume.flags]


# -- golden values -------------------------------------------------------------


def test_volume_of_the_first_instruments(shared):
    """pyifcb's test: 0.00339147 mL of a run of 1.251953 s, 0.813953 s of it looking."""
    path = shared / "ifcb" / "2012" / "IFCB5_2012_028_081515.adc"
    volume = analysed_v1(parse_targets(path.open()).rows)
    assert volume.ml == pytest.approx(0.003391470833333334, rel=1e-12)
    assert volume.ml == pytest.approx(0.813953 * 5 / 48000 * 40, rel=1e-12)
    assert volume.source == "adc" and volume.flags == ()


def test_volume_where_the_header_is_wrong(shared):
    """pyifcb's test: 4.88506990 mL; the header's 1231 s would make 5.0808 mL."""
    path = shared / "ifcb" / "2013" / "D20130526T095207_IFCB013.adc"
    said = read_header(path.with_suffix(".hdr"))
    rows = parse_targets(path.open(), said.adc_fields).rows
    assert clock_of_targets(rows) == pytest.approx((1184.037103, 1184.037103 - 1172.416777))
    volume = analysed(said, rows)
    assert volume.ml == pytest.approx(4.8850699041666665, rel=1e-12)
    assert (volume.source, code(volume)) == ("adc", ["volume_mismatch"])
    assert re.search(r"5\.0808 mL by the header, 4\.8851 mL by the \.adc", volume.flags[0].text)


def test_volume_where_header_and_targets_agree(shared):
    path = shared / "ifcb" / "2022" / "D20220519T124533_IFCB134.adc"
    effort, _ = ifcb.read(path, Reading())
    assert effort.volume_ml == pytest.approx(4.1748, abs=5e-5)
    assert effort.volume_ml == pytest.approx(0.25 * (1003.4138888888889 - 1.4629383680555557) / 60)
    assert effort.volume_source == "hdr"


def test_volume_of_a_fast_run_with_few_triggers(shared):
    """At five times the speed a syringe of 5 mL takes its 238 s; its last trigger was at 94 s."""
    path = shared / "ifcb" / "2018" / "valid" / "D20180712T065600_IFCB114.adc"
    effort, _ = ifcb.read(path, Reading())
    assert effort.volume_ml == pytest.approx(5 * 0.25 * (238.018835 - 1.50005) / 60)
    assert [flag.code for flag in effort.flags][:2] == ["fast_run", "volume_unconfirmed"]


# -- both clocks ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "inhibit", "source"),
    [
        (1000.0, 10.0, "hdr"),
        (1019.9, 10.0, "hdr"),
        (980.1, 9.81, "hdr"),
        (1020.1, 10.0, "adc"),
        (979.9, 10.0, "adc"),
        (1000.0, 10.3, "adc"),
        (3245.6, 10.0, "adc"),
    ],
)
def test_the_two_percent_rule(run, inhibit, source):
    rows = targets(*steady(1000, step=1.0, blind=0.01))
    volume = analysed(header(runTime=run, inhibitTime=inhibit, SyringeSampleVolume=5), rows)
    assert volume.source == source
    used = (run, inhibit) if source == "hdr" else (1000.0, 10.0)
    assert volume.ml == pytest.approx(0.25 * (used[0] - used[1]) / 60)
    assert code(volume) == ([] if source == "hdr" else ["volume_mismatch"])


@pytest.mark.parametrize(
    ("triggers", "run", "source"),
    [
        (3, 60.0, "hdr"),  # 0.5³ = 0.125
        (5, 100.0, "adc"),  # 0.5⁵ = 0.031
        (3, 1500.0, "adc"),  # 0.02³, and 6.25 mL of a syringe of 5
        (3, 20.0, "adc"),  # shorter than what the targets saw
    ],
)
def test_few_triggers_do_not_contradict_a_longer_run(triggers, run, source):
    rows = targets(*steady(triggers))
    stated = header(runTime=run, inhibitTime=0.1 * triggers, SyringeSampleVolume=5)
    volume = analysed(stated, rows)
    assert volume.source == source
    assert code(volume) == ["volume_unconfirmed" if source == "hdr" else "volume_mismatch"]


def test_one_clock_alone():
    rows = targets(*steady(10))
    seen = 0.25 * (100 - 1) / 60
    volume = analysed(header(SyringeSampleVolume=5), rows)
    assert (volume.ml, volume.source) == (pytest.approx(seen), "adc")
    assert code(volume) == ["no_run_time"]
    assert analysed(Header(), rows) == (pytest.approx(seen), "adc", (), pytest.approx(99))
    stated = header(runTime=600, inhibitTime=0)
    assert analysed(stated, ()) == (pytest.approx(2.5), "hdr", (), 600)
    assert analysed(stated, rows[:1]).source == "hdr", "one trigger makes no clock"
    assert code(analysed(Header(), ())) == ["volume_unknown"]
    never = targets(*steady(5, blind=0.0))
    assert clock_of_targets(never) is None and analysed(stated, never).source == "hdr"


def test_no_volume_that_cannot_be():
    volume = analysed(header(runTime=1, inhibitTime=2), ())
    assert volume.ml is None and code(volume) == ["volume_unknown"]
    volume = analysed(header(runTime=1300, inhibitTime=1, SyringeSampleVolume=5), ())
    assert volume.ml == pytest.approx(0.25 * 1299 / 60) and code(volume) == ["volume_implausible"]
    assert code(analysed(header(runTime=1250, inhibitTime=1), ())) == [], "5 % more is tolerated"


@pytest.mark.parametrize(
    ("values", "ml_per_minute"),
    [
        ({}, 0.25),
        ({"runSampleFast": "True", "RunFastFactor": "4"}, 1.0),
        ({"runSampleFast": "1", "RunFastFactor": "5.000000"}, 1.25),
        ({"runSampleFast": "False", "RunFastFactor": "4"}, 0.25),
        ({"runSampleFast": "1", "RunFastFactor": "0.000000"}, 0.25),
    ],
)
def test_the_flow_of_fast_runs(values, ml_per_minute):
    assert flow(header(**values)) == ml_per_minute


def test_a_run_that_ended_before_its_last_trigger_is_flagged(tmp_path):
    written = write_bin(tmp_path, shapes(20), run_s=150)
    effort, _ = ifcb.read(written.path, Reading())
    assert {"run_ended_early", "volume_mismatch"} <= {flag.code for flag in effort.flags}
    assert effort.volume_source == "adc"


# -- clocks that were mended ---------------------------------------------------


def test_steps_of_inhibited_time_that_cannot_be_are_replaced():
    times, runs, inhibits = steady(20)
    inhibits[-1] = 777.0  # a jump up at the end: two rows of it, each worth the usual 0.1 s
    inhibits[-2] = 770.0
    assert clock_of_targets(targets(times, runs, inhibits)) == pytest.approx((200, 2.0))


def test_counters_that_were_not_reset_start_where_they_start():
    times, runs, inhibits = steady(20)
    late = targets(times, [run + 500 for run in runs], [inhibit + 30 for inhibit in inhibits])
    # at the second of these triggers 0.1 s are counted: the first one's blindness
    assert clock_of_targets(late) == pytest.approx((200, 2.0 - 0.1))


def test_run_time_that_strays_gives_way_to_the_time_of_the_trigger():
    times, runs, inhibits = steady(60)
    runs[-1] += 3
    assert clock_of_targets(targets(times, runs, inhibits)).run == pytest.approx(600)
    runs[-1] -= 2.9
    assert clock_of_targets(targets(times, runs, inhibits)).run == pytest.approx(600.1)


def test_several_rows_of_a_trigger_count_once():
    times, runs, inhibits = steady(10)
    once = clock_of_targets(targets(times, runs, inhibits))
    rows = targets(times, runs, inhibits)
    assert clock_of_targets([row for row in rows for _ in range(3)]) == once


# -- the first instruments -----------------------------------------------------


def v1(opened, grabbed, triggers=None):
    triggers = triggers or range(1, len(opened) + 1)
    return parse_targets(
        f"{i},0,0,0,0,0,0,{o},{g},1,1,5,5,1,0,"
        for i, o, g in zip(triggers, opened, grabbed, strict=True)
    ).rows


def test_volume_by_image_and_trigger_times():
    """Blind from image to next trigger, 0.2 and 0.01 s (counts as the least, 0.073), and once."""
    rows = v1([0.0, 1.2, 2.01], [1.0, 2.0, 4.0])
    per_second = 5 / 48000 * 40
    assert analysed_v1(rows).ml == pytest.approx((4 - 0.2 - 0.073 - 0.073) * per_second)
    fifth = analysed_v1(rows, fifth_after_may_2015=True)
    assert fifth.ml == pytest.approx((4 - 0.2 - 0.05 - 0.05) * per_second)
    midnight = v1([0.0, 1.2, 2.01 - 86400], [1.0, 2.0, 4.0 - 86400])
    assert analysed_v1(midnight).ml == pytest.approx(analysed_v1(rows).ml)
    twice = v1([0.0, 1.2, 1.2, 2.01], [1.0, 2.0, 2.0, 4.0], triggers=[1, 2, 2, 3])
    assert analysed_v1(twice).ml == pytest.approx(analysed_v1(rows).ml)


def test_the_fifth_instrument_after_may_2015(tmp_path):
    volumes = {}
    for name in ("IFCB5_2015_151_000000", "IFCB5_2015_152_000000", "IFCB1_2015_152_000000"):
        written = write_bin(tmp_path, shapes(3), dialect="a", name=name)
        volumes[name] = ifcb.read(written.path, Reading())[0].volume_ml
    before, after, other = volumes.values()
    assert before == other == pytest.approx((2.8 - 0.4 - 0.073) * 5 / 48000 * 40)
    assert after == pytest.approx((2.8 - 0.4 - 0.05) * 5 / 48000 * 40)


def test_no_trigger_no_volume():
    volume = analysed_v1(())
    assert volume.ml is None and code(volume) == ["volume_unknown"]
    assert analysed_v1(v1([0.0], [0.01])).ml is None, "less than the least blindness"
