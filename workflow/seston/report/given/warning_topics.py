"""What the warnings of samples and the notes on images are about."""

#: Codes by topic; what stands in none is about files and fields.
TOPICS = {
    "volume": (
        "edited_run", "empty_frames", "fast_run", "header_empty", "header_unreadable",
        "manual_volume", "no_run_time", "short_run", "trigger_mode", "volume_implausible",
        "volume_mismatch", "volume_unconfirmed", "volume_unknown",
    ),
    "clocks": (
        "bad_clock", "bad_exif", "clock_mismatch", "date_pattern_fails", "no_time",
        "run_ended_early", "several_days",
    ),
    "light": (
        "background_level", "background_unused", "calibration_image_unusable", "dark", "humid",
        "polarity", "short_series",
    ),
    "masks and sizes": (
        "area_mismatch", "bad_calibration", "mask_background", "mask_crop", "mask_none",
        "mask_unusable", "neighbours_removed", "no_fringe", "no_mask", "no_outline",
        "no_pixel_size", "outline_unusable", "outlines_unreadable", "pixel_size_by_convention",
        "sheet_calibration", "size_mismatch", "sizes_computed", "two_calibrations",
    ),
    "counted twice": ("identical", "seen_before", "stitched"),
}  # fmt: skip
REST = "files and fields"
ALL = (*TOPICS, REST)
#: Most data carry them: how something was done, not that it went wrong.
ROUTINE = (
    "mask_background", "mask_crop", "neighbours_removed", "no_pixel_size",
    "pixel_size_by_convention",
)  # fmt: skip


def topic_of(code: str) -> str:
    """Return what a code is about."""
    return next((topic for topic, codes in TOPICS.items() if code in codes), REST)
