"""A head as an ONNX file: from embeddings to probabilities, for programs without Python.

The format is protocol buffers; a head is four kinds of operation, so the messages are written here,
and no library is needed. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Mapping

import numpy.typing as npt

from seston import __version__
from seston.classify.calibration import Calibrator
from seston.classify.heads import Head

IR_VERSION, OPSET = 8, 13
INPUT, OUTPUTS = "embeddings", ("raw", "calibrated")
_FLOAT = 1  # TensorProto.DataType FLOAT
_INT = 2  # AttributeProto.AttributeType INT


def onnx_model(head: Head, calibrator: Calibrator, facts: Mapping[str, str]) -> bytes:
    """Return a model that takes embeddings (n, d) float32 and gives probabilities (n, K), twice.

    Parameters
    ----------
    head : Head
    calibrator : Calibrator
    facts : mapping of str to str
        Written as the model's metadata.
    """
    tensors: dict[str, npt.NDArray] = {"scale": calibrator.scale, "bias": calibrator.bias}
    tensors |= head.tensors()
    nodes, last = [], INPUT
    if head.hidden is not None:
        nodes += [_gemm(last, "hidden.w", "hidden.b", "layer"), _node("Relu", ["layer"], "bent")]
        last = "bent"
    nodes += [
        _gemm(last, "w", "b", "logits"),
        _node("Softmax", ["logits"], "raw", axis=1),
        _node("LogSoftmax", ["logits"], "log_raw", axis=1),
        _node("Mul", ["log_raw", "scale"], "scaled"),
        _node("Add", ["scaled", "bias"], "moved"),
        _node("Softmax", ["moved"], "calibrated", axis=1),
    ]
    graph = b"".join(
        [
            *(_message(1, node) for node in nodes),
            _text(2, "classifier"),
            *(_message(5, _tensor(name, values)) for name, values in tensors.items()),
            _message(11, _value(INPUT, head.dim)),
            *(_message(12, _value(name, len(head.b))) for name in OUTPUTS),
        ]
    )
    return b"".join(
        [
            _number(1, IR_VERSION),
            _text(2, "seston"),
            _text(3, __version__),
            _message(7, graph),
            _message(8, _text(1, "") + _number(2, OPSET)),
            *(_message(14, _text(1, key) + _text(2, value)) for key, value in facts.items()),
        ]
    )


def _gemm(given: str, w: str, b: str, result: str) -> bytes:
    return _node("Gemm", [given, w, b], result, transB=1)


def _node(kind: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    parts = [*(_text(1, name) for name in inputs), _text(2, output), _text(4, kind)]
    for name, value in attributes.items():
        parts.append(_message(5, _text(1, name) + _number(3, value) + _number(20, _INT)))
    return b"".join(parts)


def _tensor(name: str, values: npt.NDArray) -> bytes:
    sizes = b"".join(_number(1, size) for size in values.shape)
    return sizes + _number(2, _FLOAT) + _text(8, name) + _message(9, values.astype("<f4").tobytes())


def _value(name: str, width: int) -> bytes:
    shape = _message(1, _text(2, "n")) + _message(1, _number(1, width))
    return _text(1, name) + _message(2, _message(1, _number(1, _FLOAT) + _message(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """Return a whole number in groups of seven bits, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
