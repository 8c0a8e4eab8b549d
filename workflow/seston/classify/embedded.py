"""Where the embeddings of labelled organisms are."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError


def positions_of(
    ids: pa.Array, embeddings: EmbeddingShards, labelled: Path
) -> npt.NDArray[np.int64]:
    """Return the place (n,) of each organism in the files of the embeddings.

    Parameters
    ----------
    ids : pyarrow.Array of string, n of them
    embeddings : EmbeddingShards
    labelled : pathlib.Path
        Where the ids come from, for messages.

    Raises
    ------
    SestonError
        If an organism has no embedding.
    """
    place = pc.index_in(ids, embeddings.ids)
    if place.null_count:
        name = ids.filter(pc.is_null(place))[0]
        raise SestonError(
            f"{labelled}: {place.null_count} of {len(ids)} labelled organisms have no embedding,"
            f" such as {name}; delete it and run again"
        )
    return embeddings.order[place.to_numpy(zero_copy_only=False).astype(np.int64)]
