"""The recipe of the bundled weights: its start, its targets, and a training of seconds."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from seston.collection import Tiles
from seston.models.backbones import Backbone, images_of, spec_of
from seston.models.model_file import read_model
from seston.models.weights import backbone
from synthetic_tiles import write_tiles

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes" / "bundled"))
import distill
import sheet
import targets


@pytest.fixture(scope="module")
def giver(tmp_path_factory: pytest.TempPathFactory) -> tuple[Backbone, Path]:
    """Three blocks of DINOv2's shape with drawn weights, and their file."""
    torch.manual_seed(0)
    built = Backbone(replace(spec_of(targets.GIVER), feature="cls@3"), targets.GIVER_SIZE)
    for block in built.net.blocks:
        torch.nn.init.uniform_(block.ls1.gamma)
        torch.nn.init.uniform_(block.ls2.gamma)
    path = tmp_path_factory.mktemp("giver") / "dinov2.pth"
    torch.save(built.net.state_dict(), path)
    return built, path


@pytest.fixture
def tiles(tmp_path: Path) -> Tiles:
    write_tiles(tmp_path / "tiles" / "one.arrow", {"a": 12, "b": 4})
    return Tiles(tmp_path / "tiles", ["one"])


@torch.no_grad()
def test_student_starts_as_the_first_blocks(giver: tuple[Backbone, Path]) -> None:
    theirs, path = giver
    ours = Backbone(spec_of(distill.STUDENT), 64)
    targets.first_blocks(ours, path)
    tokens = expected = torch.randn(2, 65, 384)
    for block, original in zip(ours.net.blocks, theirs.net.blocks, strict=True):
        tokens, expected = block(tokens), original(expected)
    torch.testing.assert_close(tokens, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.net.pos_embed[:, 0], theirs.net.pos_embed[:, 0])
    # A patch of one colour gives the same token whatever its size: weights smooth over the patch.
    smooth = torch.randn(1, 384 * 3, 1, 1).expand(-1, -1, 14, 14).reshape(384, 3, 14, 14)
    state = theirs.net.state_dict() | {"patch_embed.proj.weight": smooth}
    torch.save(state, path.with_name("smooth.pth"))
    targets.first_blocks(ours, path.with_name("smooth.pth"))
    found = ours.net.patch_embed.proj.weight.sum((2, 3))
    torch.testing.assert_close(found, smooth.sum((2, 3)), rtol=1e-4, atol=1e-3)


def test_teacher_sees_four_turns_every_other_mirrored(tiles: Tiles) -> None:
    torch.manual_seed(0)
    teacher = Backbone(spec_of("vit_test_patch8"), 32).eval()
    found = targets.teacher_features(teacher, tiles, size=32, batch=7)
    pixels = tiles.take(np.arange(len(tiles)))
    views = [np.rot90(pixels, turns, axes=(1, 2)) for turns in range(4)]
    views[1], views[3] = views[1][:, :, ::-1], views[3][:, :, ::-1]
    with torch.inference_mode():
        seen = [teacher(images_of(torch.from_numpy(view.copy()))).numpy() for view in views]
    np.testing.assert_allclose(found, np.mean(seen, 0), rtol=1e-4, atol=1e-5)


def test_targets_are_half_whitened_components() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 12)) * np.geomspace(1, 30, 12) + 5
    analysis = PCA(4).fit(features)
    half = analysis.transform(features) / np.sqrt(analysis.singular_values_)
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    found = targets.targets_of(torch.from_numpy(features).float(), components=4).numpy()
    assert found.shape == (60, 4)
    np.testing.assert_allclose(found @ found.T, half @ half.T, atol=1e-4)  # signs are free


def test_heads_begin_as_ridge_regressions() -> None:
    rng = np.random.default_rng(0)
    features, wanted = rng.normal(size=(50, 6)) + 3, rng.normal(size=(50, 2)) - 1
    alpha = 0.1 * (50 * features.var(0)).mean()
    expected = Ridge(alpha=alpha).fit(features, wanted).coef_.T
    found = distill.ridge(torch.from_numpy(features), torch.from_numpy(wanted), 0.1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_rate_rises_and_falls_to_a_hundredth() -> None:
    settings = distill.Settings(images=4000, batch_size=4, learning_rate=2.0)
    assert settings.steps == 1000
    assert settings.rate(0) == pytest.approx(2.0 / 50)
    assert settings.rate(499) == pytest.approx(2 * 0.505, rel=0.01)
    assert settings.rate(1000) == pytest.approx(0.02)


def test_steps_move_student_and_heads_towards_the_targets(tiles: Tiles) -> None:
    torch.manual_seed(0)
    student = Backbone(spec_of(distill.STUDENT), 64)
    start = student.net.blocks[0].mlp.fc1.weight.detach().clone()
    one_direction = F.one_hot(torch.zeros(len(tiles), dtype=torch.int64), 8).float()
    settings = distill.Settings(images=40, batch_size=4, learning_rate=1e-3)
    losses = list(distill.Distillation(student, tiles, one_direction, settings).losses())
    assert len(losses) == 10
    assert losses[0] > 0.5 and losses[-1] < 0.5 * losses[0]
    assert not torch.equal(student.net.blocks[0].mlp.fc1.weight, start)


def test_tiny_distillation(tmp_path: Path, tiles: Tiles, giver: tuple[Backbone, Path]) -> None:
    teacher = tmp_path / "teacher.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=teacher)
    settings = distill.Settings(images=12, batch_size=4)
    models = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    losses = [distill.distill(tiles, teacher, giver[1], model, settings) for model in models]
    assert len(losses[0]) == 3 and losses[0] == losses[1]
    assert models[0].read_bytes() == models[1].read_bytes()
    student, card, _ = read_model(models[0])
    assert (card.name, card.image_size, card.tiles) == (distill.STUDENT, 64, None)
    features = student(torch.rand(3, 3, 64, 64))
    assert F.cosine_similarity(features[:1], features[1:]).max() < 0.9999


def test_sheet_leaves_out_held_days(tmp_path: Path) -> None:
    for day in ("2018-08-31", "2018-09-01"):
        (tmp_path / "images" / day).mkdir(parents=True)
    run = tmp_path / "run"
    before = sheet.date.fromisoformat(sheet.HELD_OUT_FROM)
    found = list(sheet.rows(tmp_path / "images", [run], [tmp_path / "D2018.roi"], before))
    assert [row[0] for row in found] == ["lake-2018-08-31", "flowcam-run", "ifcb-D2018"]
    assert found[0][2:] == ("images", "2018-08-31")
