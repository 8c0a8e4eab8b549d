import os
import subprocess
import sys

import pytest

from seston.threads import choose_kernels

AVX512 = "flags\t\t: fpu avx2 avx512f avx512_bf16\n"


@pytest.mark.parametrize(
    ("cpuinfo", "before", "after"),
    [
        (AVX512, None, "SkylakeX"),
        (AVX512, "Haswell", "Haswell"),  # the user's choice stays
        ("flags\t\t: fpu avx2\n", None, None),
        (None, None, None),  # not Linux
    ],
)
def test_openblas_is_told_of_avx512_only(tmp_path, monkeypatch, cpuinfo, before, after):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    if before:
        monkeypatch.setenv("OPENBLAS_CORETYPE", before)
    if cpuinfo:
        (tmp_path / "cpuinfo").write_text(cpuinfo)
    choose_kernels(tmp_path / "cpuinfo")
    assert os.environ.get("OPENBLAS_CORETYPE") == after
    # What the function set, the end of the test must not leave to others.
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)


def test_libraries_get_the_threads_of_the_job(repository):
    script = (
        "from seston.threads import limit_threads; limit_threads(3);"
        "import faiss, pyarrow; print(faiss.omp_get_max_threads(), pyarrow.cpu_count())"
    )
    environment = {**os.environ, "PYTHONPATH": str(repository / "workflow")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout.split() == ["3", "3"]
