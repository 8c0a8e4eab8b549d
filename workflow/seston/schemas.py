"""The columns of every table that passes between stages or to people."""

import pyarrow as pa

FORMAT = "2"

#: Sizes and shape of an organism from its mask, in the unit of the name; see docs/measurements.md.
MEASUREMENTS = pa.schema(
    [
        ("area_px", pa.int64()),
        ("parts", pa.int32()),  # connected parts of the mask
        ("at_border", pa.bool_()),  # cut by the border of the camera's frame
        ("esd_px", pa.float64()),  # diameter of the circle of equal area
        ("perimeter_px", pa.float64()),
        ("feret_max_px", pa.float64()),
        ("feret_min_px", pa.float64()),
        ("major_px", pa.float64()),  # axes of the ellipse of equal second moments
        ("minor_px", pa.float64()),
        ("eccentricity", pa.float64()),
        ("solidity", pa.float64()),  # area over area of the convex hull
        ("mean_grey", pa.float64()),
        ("sd_grey", pa.float64()),
        ("focus", pa.float64()),  # variance of the Laplacian, grey levels²
        ("area_um2", pa.float64()),
        ("esd_um", pa.float64()),
        ("perimeter_um", pa.float64()),
        ("feret_max_um", pa.float64()),
        ("feret_min_um", pa.float64()),
        ("major_um", pa.float64()),
        ("minor_um", pa.float64()),
        ("volume_sphere_um3", pa.float64()),  # of diameter ESD
        ("volume_spheroid_um3", pa.float64()),  # prolate, from the axes
        ("biovolume_um3", pa.float64()),  # Moberg & Sosik 2012
        ("carbon_pg", pa.float64()),  # from biovolume_um3, as of a protist that is no diatom
        ("carbon_if_diatom_pg", pa.float64()),  # the same, as of a diatom
        ("diatom", pa.string()),  # "unknown": which of the two holds, no mask can tell
    ]
)

#: VisualSpreadsheet's own sizes: corrected for the fringe that diffraction adds.
FRINGE_CORRECTED = pa.schema(
    [
        ("vs_esd_um", pa.float64()),
        ("vs_abd_um", pa.float64()),
        ("vs_fd_um", pa.float64()),
        ("vs_length_um", pa.float64()),
        ("vs_width_um", pa.float64()),
        ("vs_area_um2", pa.float64()),
        ("vs_filled_area_um2", pa.float64()),
        ("vs_perimeter_um", pa.float64()),
        ("vs_convex_perimeter_um", pa.float64()),
        ("vs_volume_um3", pa.float64()),  # of the sphere of diameter vs_abd_um
        ("vs_carbon_pg", pa.float64()),  # from it, as of a protist that is no diatom
    ]
)

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
        ("crop", pa.large_binary()),  # PNG at native resolution; a shard may hold more than 2 GB
        ("mask", pa.string()),  # "bin", "outline", "frame", "background", "crop", or null
        ("label", pa.string()),  # class by the instrument's own files, or null
        ("notes", pa.string()),  # codes of what is odd about this one, joined by ";"
        ("pixel_um", pa.float64()),  # µm per pixel
        *MEASUREMENTS,
        *FRINGE_CORRECTED,
    ]
)

#: One row per organism: behind the id, every field that the instrument recorded, by its own name.
RECORDED = pa.schema([("image_id", pa.string())])

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
        (
            "readable",
            pa.float64(),
        ),  # share (0 to 1) that the used organisms stand for
        ("volume_ml", pa.float64()),  # analysed, of the fluid in the instrument
        ("volume_source", pa.string()),  # "sheet", "ctx", "run_summary", "hdr", "adc", or null
        ("dilution", pa.float64()),  # factor; 1 = undiluted
        ("pixel_um", pa.float64()),
        ("run_mode", pa.string()),  # "AutoImage", "Trigger", or null
        ("magnification", pa.string()),
        ("frames", pa.int64()),  # camera frames taken
        ("flags", pa.list_(pa.string())),  # codes ...
        ("warnings", pa.list_(pa.string())),  # ... and, one for each, what they say to people
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

#: One row per labelled organism; lists by annotator, class and seed follow (`labels.manifest`).
LABELLED = pa.schema(
    [
        ("image_id", pa.string()),
        ("class", pa.string()),  # of most votes; null where the first two have as many
        ("unit", pa.string()),  # day, sample, site or group, which is never parted
        ("fold", pa.int16()),
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
        ("kind", pa.string()),  # "typical", "random" or "edge" (of the cluster)
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
        *[CROPS.field(name) for name in ("frame", "x", "y", "w", "h", "mask", "label", "notes")],
        CROPS.field("pixel_um"),
        *MEASUREMENTS,
        *FRINGE_CORRECTED,
        ("cluster", pa.int32()),
        ("distance", pa.float32()),
        ("margin", pa.float32()),
        ("distance_percentile", pa.float32()),  # 0 to 100 among its cluster; 100 = the oddest
        ("coarse", pa.int32()),  # group of its cluster
        ("name", pa.string()),  # of its cluster; "" where nobody named it
        ("map_x", pa.float32()),
        ("map_y", pa.float32()),
        ("density_cluster", pa.int32()),
    ]
)

#: For people: what a classifier takes each organism for. Behind it stands a column ``p_<class>``
#: of each class, its corrected probability.
PREDICTIONS = pa.schema(
    [
        ("image_id", pa.string()),
        ("prediction", pa.string()),  # the class of the highest corrected probability
        ("raw", pa.float32()),  # probability of that class: as it was learned, ...
        ("calibrated", pa.float32()),  # ... as sure as it is right, ...
        ("corrected", pa.float32()),  # ... and at the class frequencies of `prior`
        ("entropy", pa.float32()),  # of the corrected probabilities, nats
        ("rejected", pa.bool_()),  # too unsure: unclassified
        ("prior", pa.string()),  # the sample whose frequencies these are, "training" or "uniform"
    ]
)
