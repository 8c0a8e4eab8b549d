import pytest
import torch

from seston.errors import SestonError
from seston.models import hardware
from seston.models.hardware import autocast, choose_device, choose_precision, machine

CPU = torch.device("cpu")


def test_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "has_bf16", lambda device: True)
    assert choose_precision("auto", CPU) is torch.bfloat16
    monkeypatch.setattr(hardware, "has_bf16", lambda device: False)
    assert choose_precision("auto", CPU) is torch.float32
    assert choose_precision("bf16", CPU) is torch.bfloat16
    with pytest.raises(SestonError, match="expected auto, bf16 or fp32"):
        choose_precision("fp16", CPU)


def test_bf16_is_looked_for_in_the_processor_s_units(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    for name in names:
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert not hardware.has_bf16(CPU)
    monkeypatch.setattr(torch.cpu, names[1], lambda: True)
    assert hardware.has_bf16(CPU)
    for name in names:  # a torch without these names
        monkeypatch.delattr(torch.cpu, name)
    assert not hardware.has_bf16(CPU)


@pytest.mark.parametrize(("capability", "found"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_bf16_of_a_gpu_goes_by_its_generation(
    capability: tuple[int, int], found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert hardware.has_bf16(torch.device("cuda")) == found


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_autocast_sets_the_precision_of_products(precision: torch.dtype) -> None:
    with autocast(CPU, precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is precision


def test_unknown_and_absent_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SestonError, match="expected auto, cpu or cuda"):
        choose_device("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SestonError, match="no usable GPU"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_machine_has_a_name() -> None:
    assert machine(CPU).strip()
