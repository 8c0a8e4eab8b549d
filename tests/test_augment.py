import numpy as np
import torch
from scipy import ndimage

from seston.augment import (
    Crop,
    background,
    blurred,
    cropped,
    draw,
    random_affine,
    random_crops,
    relit,
)

WHOLE = Crop(32, (1.0, 1.0), aspect=1.0, light=0.0, colour=0.0, blur=0.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blob(size: int = 32) -> torch.Tensor:
    """Return a smooth grey blob off the centre, on a light ground."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    spot = torch.exp(-((x - 20.0) ** 2 / 18 + (y - 13.0) ** 2 / 50))
    return (0.8 - 0.6 * spot).expand(1, 3, size, size)


def test_shape_range_and_size_of_crops() -> None:
    images = torch.rand(5, 3, 64, 64)
    crops = random_crops(images, Crop(32, (0.1, 0.4)), generator())
    assert crops.shape == (5, 3, 32, 32)
    assert crops.dtype == torch.float32
    assert crops.min() >= 0 and crops.max() <= 1


def test_same_seed_same_crops_other_seed_other_crops() -> None:
    images, crop = torch.rand(4, 3, 32, 32), Crop(16, (0.3, 1.0))
    first = random_crops(images, crop, generator(1))
    assert torch.equal(first, random_crops(images, crop, generator(1)))
    assert not torch.equal(first, random_crops(images, crop, generator(2)))


def test_grey_stays_grey_and_colour_changes() -> None:
    crop = Crop(32, (0.4, 1.0), light=0.3, colour=0.3)
    grey = random_crops(torch.rand(6, 1, 32, 32).expand(-1, 3, -1, -1), crop, generator())
    assert torch.equal(grey[:, 0], grey[:, 1]) and torch.equal(grey[:, 0], grey[:, 2])
    coloured = torch.rand(6, 3, 32, 32)
    light = draw(6, crop, generator()).light
    plain = relit(coloured, Crop(32, (1.0, 1.0), light=0.0, colour=0.0), light)
    shifted = relit(coloured, Crop(32, (1.0, 1.0), light=0.0, colour=0.3), light)
    assert (plain - shifted).abs().mean() > 0.02


def test_whole_crop_is_a_turned_or_mirrored_tile() -> None:
    # An independent rotation (scipy, about the centre) must give the same picture.
    image = blob()
    theta = random_affine(8, WHOLE, generator(3))
    crops = random_crops(image.expand(8, -1, -1, -1), WHOLE, generator(3))
    for crop, matrix in zip(crops, theta.numpy(), strict=True):
        linear = matrix[:, :2][::-1, ::-1]  # scipy counts (row, column)
        centre = np.full(2, 15.5)
        expected = ndimage.affine_transform(
            image[0, 0].numpy(), linear, centre - linear @ centre, order=1, cval=0.8
        )
        assert np.abs(crop[0].numpy() - expected)[6:-6, 6:-6].max() < 1e-3


def test_affine_maps_turn_mirror_and_keep_their_scale() -> None:
    crop = Crop(32, (0.25, 0.25), aspect=1.0)
    theta = random_affine(2000, crop, generator())
    determinant = torch.linalg.det(theta[:, :, :2])
    torch.testing.assert_close(determinant.abs(), torch.full((2000,), 0.25))
    assert 0.45 < (determinant > 0).float().mean() < 0.55
    angle = torch.atan2(theta[:, 1, 1], theta[:, 0, 1])
    assert np.histogram(angle, 8, (-np.pi, np.pi))[0].min() > 180  # 250 expected
    # side 0.5 leaves room for centres up to 0.5 from the middle
    assert 0.48 < theta[:, :, 2].abs().max() <= 0.5


def test_beyond_the_tile_lies_its_background() -> None:
    image = blob(64)
    turned = random_crops(image.expand(20, -1, -1, -1), WHOLE, generator(1))
    corners = turned[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    torch.testing.assert_close(corners, torch.full((20, 4), 0.8), atol=0.02, rtol=0)


def test_background_is_the_median_of_the_rim() -> None:
    image = torch.full((1, 3, 10, 10), 0.5)
    image[:, :, 2:8, 2:8] = 0.0
    image[:, :, 0, :4] = 1.0
    assert background(image).flatten().tolist() == [0.5, 0.5, 0.5]


def test_blur_is_a_gaussian_and_leaves_the_others_alone() -> None:
    images = torch.rand(3, 3, 24, 24)
    chosen = torch.tensor([False, True, False])
    out = blurred(images, chosen, torch.tensor([1.1, 0.8, 1.2]), 1.2)
    assert torch.equal(out[0], images[0]) and torch.equal(out[2], images[2])
    expected = ndimage.gaussian_filter(
        images[1].numpy(), (0, 0.8, 0.8), mode="nearest", radius=(0, 3, 3)
    )
    np.testing.assert_allclose(out[1].numpy(), expected, atol=1e-5)


def test_light_changes_brightness_and_contrast_within_bounds() -> None:
    image = torch.full((200, 3, 4, 4), 0.4)
    image[:, :, :2] = 0.6
    crop = Crop(4, (1.0, 1.0), light=0.2, colour=0.0)
    out = relit(image, crop, draw(200, crop, generator()).light)
    contrast = (out[:, 0, 0, 0] - out[:, 0, 3, 0]) / 0.2
    assert 0.8 - 1e-5 <= contrast.min() < 0.83 and 1.17 < contrast.max() <= 1.2 + 1e-5
    shift = out.mean((1, 2, 3)) - 0.5
    assert -0.1 - 1e-5 <= shift.min() < -0.09 and 0.09 < shift.max() <= 0.1 + 1e-5


def test_a_crop_depends_on_its_own_image_and_draws_alone() -> None:
    images, crop = torch.rand(7, 3, 32, 32), Crop(16, (0.3, 1.0), sigma=0.06)
    draws = draw(7, crop, generator(5))
    assert 0 < draws.blurred.sum() < 7
    whole = cropped(images, crop, draws)
    for part in (slice(0, 3), slice(3, 4), slice(4, 7)):
        found = cropped(images[part], crop, draws.of(part))
        torch.testing.assert_close(found, whole[part], rtol=0, atol=1e-6)
    torch.testing.assert_close(random_crops(images, crop, generator(5)), whole)


def test_draws_lie_within_their_bounds() -> None:
    crop = Crop(40, (0.3, 1.0), blur=0.25, sigma=0.05)
    draws = draw(4000, crop, generator())
    assert 0.23 < draws.blurred.float().mean() < 0.27
    # a fifth of the largest, 40 px * 0.05, at least
    assert 0.4 <= draws.sigma.min() < 0.42 and 1.98 < draws.sigma.max() <= 2.0
    assert draws.light.min() < -0.99 and draws.light.max() > 0.99


def test_one_channel_of_grey_images_does_for_three() -> None:
    grey, crop = torch.rand(5, 1, 32, 32), Crop(16, (0.3, 1.0), sigma=0.06)
    draws = draw(5, crop, generator(2))
    found, expected = (
        cropped(images, crop, draws) for images in (grey, grey.expand(-1, 3, -1, -1))
    )
    assert found.shape == (5, 3, 16, 16)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
