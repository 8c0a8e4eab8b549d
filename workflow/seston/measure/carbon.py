"""Carbon of one cell from its volume.

References
----------
Menden-Deuer & Lessard 2000, doi:10.4319/lo.2000.45.3.0569.
"""

#: Diatoms above this volume (µm³) have a formula of their own: the vacuole takes more of them.
LARGE_DIATOM_UM3 = 3000.0


def carbon_of_protist(volume_um3: float) -> float:
    """Return pg C of a protist that is no diatom: log10 C = -0.665 + 0.939 log10 V."""
    return 10**-0.665 * volume_um3**0.939


def carbon_of_diatom(volume_um3: float) -> float:
    """Return pg C of a diatom.

    log10 C = -0.933 + 0.881 log10 V above `LARGE_DIATOM_UM3`, else
    -0.541 + 0.811 log10 V. The two do not meet: 135 and 190 pg at the limit.
    """
    if volume_um3 > LARGE_DIATOM_UM3:
        return 10**-0.933 * volume_um3**0.881
    return 10**-0.541 * volume_um3**0.811
