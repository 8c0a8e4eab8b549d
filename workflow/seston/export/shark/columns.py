"""The columns of SHARK's table for plankton imaging, in the order of its deliveries.

Source: the example table of iRfcb (R package of the European IFCB group) and the scripts by which
SMHI delivers to SHARK: amounts are per litre, ``CLASS_F1`` is in percent, and ``COUNT`` times
``COEFF`` is ``ABUND``. ``IMAGE_COUNT`` stands beside ``COUNT`` since 2026.
"""

from collections.abc import Sequence

from seston.errors import SestonError

COLUMNS = (
    "MYEAR", "STATN", "SAMPLING_PLATFORM", "PROJ", "ORDERER", "SHIPC", "CRUISE_NO", "DATE_TIME",
    "SDATE", "STIME", "TIMEZONE", "LATIT", "LONGI", "POSYS", "WADEP", "MPROG", "MNDEP", "MXDEP",
    "SLABO", "ACKR_SMP", "SMTYP", "PDMET", "SMVOL", "METFP", "IFCBNO", "SMPNO", "LATNM", "SFLAG",
    "LATNM_SFLAG", "TRPHY", "APHIA_ID", "IMAGE_VERIFICATION", "VERIFIED_BY", "COUNT",
    "IMAGE_COUNT", "ABUND", "BIOVOL", "C_CONC", "QFLAG", "COEFF", "CLASS_NAME", "CLASS_F1",
    "UNCLASSIFIED_COUNTS", "UNCLASSIFIED_ABUNDANCE", "UNCLASSIFIED_VOLUME", "METOA",
    "ASSOCIATED_MEDIA", "CLASSPROG", "ALABO", "ACKR_ANA", "ANADATE", "METDC", "TRAINING_SET",
    "CLASSIFIER_USED", "MANUAL_QC_DATE", "PRE_FILTER_SIZE", "PH_FB", "CHL_FB", "CDOM_FB",
    "PHYC_FB", "PHER_FB", "WATERFLOW_FB", "TURB_FB", "PCO2_FB", "TEMP_FB", "PSAL_FB", "OSAT_FB",
    "DOXY_FB",
)  # fmt: skip
#: What differs from class to class, or is found: no column of the sample sheet can say it.
FOUND = (
    "SMPNO", "LATNM", "SFLAG", "LATNM_SFLAG", "APHIA_ID", "IMAGE_VERIFICATION", "COUNT",
    "IMAGE_COUNT", "ABUND", "BIOVOL", "C_CONC", "COEFF", "CLASS_NAME", "CLASS_F1",
    "UNCLASSIFIED_COUNTS", "UNCLASSIFIED_ABUNDANCE", "UNCLASSIFIED_VOLUME", "CLASSPROG",
    "CLASSIFIER_USED",
)  # fmt: skip


def from_sheet(further: Sequence[str]) -> list[str]:
    """Return the further columns of the sample sheet that are columns of this table.

    Raises
    ------
    SestonError
        If one of them is found by Seston.
    """
    taken = [name for name in further if name in FOUND]
    if taken:
        raise SestonError(
            f"the sample sheet has the column{'s' if len(taken) > 1 else ''} {', '.join(taken)},"
            " which this table holds of each class as Seston finds it; rename it in the sheet"
        )
    return [name for name in COLUMNS if name in further]
