"""The columns of every table that passes between stages or to people."""

import pyarrow as pa

FORMAT = "1"

#: One row per organism. `x`, `y`, `w`, `h` is the box in `frame`, 0-based pixels.
CROPS = pa.schema(
    [
        ("image_id", pa.string()),  # <sample>/<roi>, for ever
        ("sample", pa.string()),
        ("roi", pa.string()),  # the instrument's own number, or the path below the sample
        ("frame", pa.string()),  # collage, camera frame or image file
        ("x", pa.int32()),
        ("y", pa.int32()),
        ("w", pa.int32()),
        ("h", pa.int32()),
        ("timestamp", pa.timestamp("us")),  # as the instrument's clock gave it; UTC where known
        ("crop", pa.binary()),  # PNG at native resolution
        ("mask", pa.string()),  # where the mask comes from: "bin", or null
        ("pixel_um", pa.float64()),  # µm per pixel
        ("area_px", pa.int64()),
        ("area_um2", pa.float64()),
        ("esd_um", pa.float64()),  # diameter of the circle of equal area
        ("focus", pa.float64()),  # variance of the Laplacian, grey levels²
        ("vs_esd_um", pa.float64()),  # VisualSpreadsheet's own, fringe-corrected
        ("vs_abd_um", pa.float64()),
    ]
)

#: One row per thing that was listed and not used.
REJECTED = pa.schema(
    [
        ("sample", pa.string()),
        ("roi", pa.string()),
        ("path", pa.string()),
        ("reason", pa.string()),  # a short code, such as "truncated"
        ("detail", pa.string()),
    ]
)

#: One row per sample: what was listed, and the effort behind it.
EFFORT = pa.schema(
    [
        ("sample", pa.string()),
        ("instrument", pa.string()),
        ("datetime", pa.timestamp("us")),
        ("listed", pa.int64()),
        ("used", pa.int64()),
        ("rejected", pa.int64()),
        ("volume_ml", pa.float64()),  # analysed, of the fluid in the instrument
        ("volume_source", pa.string()),  # "sheet", "ctx", "run_summary", or null
        ("dilution", pa.float64()),  # factor; 1 = undiluted
        ("pixel_um", pa.float64()),
        ("run_mode", pa.string()),  # "AutoImage", "Trigger", or null
        ("warnings", pa.string()),  # joined by "; "
    ]
)

#: One row per organism and model.
CLUSTERS = pa.schema(
    [
        ("image_id", pa.string()),
        ("cluster", pa.int32()),
        ("distance", pa.float32()),  # Euclidean, to its own centroid
        ("margin", pa.float32()),  # how much farther the second nearest is; 0 = on the border
    ]
)

#: One row per organism: its place on the map and its density cluster.
MAP = pa.schema(
    [
        ("image_id", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("density_cluster", pa.int32()),  # -1 = noise
        ("fitted", pa.bool_()),  # False: placed by its nearest landmarks
    ]
)

#: A few organisms per cluster, with their crops, for mosaics.
EXAMPLES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("kind", pa.string()),  # "typical" or "random"
        ("rank", pa.int32()),
        ("image_id", pa.string()),
        ("pixel_um", pa.float64()),
        ("crop", pa.binary()),
    ]
)

#: For people: one row per organism. Further columns of the sample sheet follow.
IMAGES = pa.schema(
    [
        ("image_id", pa.string()),
        ("sample", pa.string()),
        ("site", pa.string()),
        ("group", pa.string()),
        ("instrument", pa.string()),
        ("datetime", pa.timestamp("us")),  # of the sample
        ("timestamp", pa.timestamp("us")),  # of the image
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("depth_m", pa.float64()),
        *[CROPS.field(name) for name in ("frame", "x", "y", "w", "h", "mask", "pixel_um")],
        *[CROPS.field(name) for name in ("area_px", "area_um2", "esd_um", "focus")],
        *[CROPS.field(name) for name in ("vs_esd_um", "vs_abd_um")],
        ("cluster", pa.int32()),
        ("distance", pa.float32()),
        ("margin", pa.float32()),
        ("map_x", pa.float32()),
        ("map_y", pa.float32()),
        ("density_cluster", pa.int32()),
    ]
)
