"""What to cite: only the works behind what a run did."""

from seston.report.given.findings import Findings

ALWAYS = (
    "Abnar S., Zuidema W. (2020) Quantifying attention flow in transformers. ACL 2020: 4190–4197.",
    "Arthur D., Vassilvitskii S. (2007) k-means++: the advantages of careful seeding. SODA 2007:"
    " 1027–1035.",
    "Campello R., Moulavi D., Sander J. (2013) Density-based clustering based on hierarchical"
    " density estimates. PAKDD 2013, LNCS 7819: 160–172.",
    "Caron M., Touvron H., Misra I., Jégou H., Mairal J., Bojanowski P., Joulin A. (2021) Emerging"
    " properties in self-supervised vision transformers. ICCV 2021: 9650–9660.",
    "Chen T., Kornblith S., Norouzi M., Hinton G. (2020) A simple framework for contrastive"
    " learning of visual representations. ICML 2020, PMLR 119: 1597–1607.",
    "Johnson J., Douze M., Jégou H. (2021) Billion-scale similarity search with GPUs. IEEE"
    " Transactions on Big Data 7: 535–547.",
    "McInnes L., Healy J., Astels S. (2017) hdbscan: hierarchical density based clustering. Journal"
    " of Open Source Software 2: 205.",
    "McInnes L., Healy J., Melville J. (2018) UMAP: uniform manifold approximation and projection"
    " for dimension reduction. arXiv:1802.03426.",
    "Mölder F. et al. (2021) Sustainable data analysis with Snakemake. F1000Research 10: 33.",
    "Roy O., Vetterli M. (2007) The effective rank: a measure of effective dimensionality. EUSIPCO"
    " 2007: 606–610.",
    "Wang T., Isola P. (2020) Understanding contrastive representation learning through alignment"
    " and uniformity on the hypersphere. ICML 2020, PMLR 119: 9929–9939.",
    "Wightman R. (2019) PyTorch image models (timm). doi:10.5281/zenodo.4414861.",
    "Wilson E. B. (1927) Probable inference, the law of succession, and statistical inference."
    " Journal of the American Statistical Association 22: 209–212.",
)
TRUST = (
    "Benjamini Y., Hochberg Y. (1995) Controlling the false discovery rate: a practical and"
    " powerful approach to multiple testing. Journal of the Royal Statistical Society B 57:"
    " 289–300.",
    "Hennig C. (2007) Cluster-wise assessment of cluster stability. Computational Statistics &"
    " Data Analysis 52: 258–271.",
)
TREE = (
    "Ward J. H. (1963) Hierarchical grouping to optimize an objective function. Journal of the"
    " American Statistical Association 58: 236–244.",
)
FDR = (
    "Benjamini Y., Yekutieli D. (2001) The control of the false discovery rate in multiple testing"
    " under dependency. Annals of Statistics 29: 1165–1188.",
)
BELLA = (
    "Bella A., Ferri C., Hernández-Orallo J., Ramírez-Quintana M. J. (2010) Quantification via"
    " probability estimators. ICDM 2010: 737–742."
)
#: By the stage of the tables of trends, groups and community.
COURSE = {
    "trend_tests": (
        *FDR,
        "Killick R., Fearnhead P., Eckley I. A. (2012) Optimal detection of changepoints with a"
        " linear computational cost. Journal of the American Statistical Association 107:"
        " 1590–1598.",
        "Mann H. B. (1945) Nonparametric tests against trend. Econometrica 13: 245–259.",
        "Sen P. K. (1968) Estimates of the regression coefficient based on Kendall's tau. Journal"
        " of the American Statistical Association 63: 1379–1389.",
        "Truong C., Oudre L., Vayatis N. (2020) Selective review of offline change point detection"
        " methods. Signal Processing 167: 107299.",
    ),
    "groups": (
        *FDR,
        "Seabold S., Perktold J. (2010) statsmodels: econometric and statistical modeling with"
        " Python. SciPy 2010: 92–96.",
    ),
    "community": (
        *FDR,
        "Aitchison J. (1986) The statistical analysis of compositional data. Chapman & Hall.",
        "Anderson M. J. (2001) A new method for non-parametric multivariate analysis of variance."
        " Austral Ecology 26: 32–46.",
        "Anderson M. J. (2006) Distance-based tests for homogeneity of multivariate dispersions."
        " Biometrics 62: 245–253.",
        "Chao A., Jost L. (2012) Coverage-based rarefaction and extrapolation: standardizing"
        " samples by completeness rather than size. Ecology 93: 2533–2547.",
        "Chao A., Gotelli N. J., Hsieh T. C., Sander E. L., Ma K. H., Colwell R. K., Ellison A. M."
        " (2014) Rarefaction and extrapolation with Hill numbers: a framework for sampling and"
        " estimation in species diversity studies. Ecological Monographs 84: 45–67.",
        "Hill M. O. (1973) Diversity and evenness: a unifying notation and its consequences."
        " Ecology 54: 427–432.",
        "Hurlbert S. H. (1971) The nonconcept of species diversity: a critique and alternative"
        " parameters. Ecology 52: 577–586.",
    ),
}
#: Behind classes from labels: always, and by the settings of ``classify`` that ask for them.
CLASSES = {
    "": (
        "Geifman Y., El-Yaniv R. (2017) Selective classification for deep neural networks. Advances"
        " in Neural Information Processing Systems 30: 4878–4887.",
        "Guo C., Pleiss G., Sun Y., Weinberger K. Q. (2017) On calibration of modern neural"
        " networks. ICML 2017, PMLR 70: 1321–1330.",
        "Saerens M., Latinne P., Decaestecker C. (2002) Adjusting the outputs of a classifier to"
        " new a priori probabilities: a simple procedure. Neural Computation 14: 21–41.",
        "Schanz T., Möller K. O., Rühl S., Greenberg D. S. (2023) Robust detection of marine life"
        " with label-free image feature learning and probability calibration. Machine Learning:"
        " Science and Technology 4: 035007.",
    ),
    "bcts": (
        "Alexandari A., Kundaje A., Shrikumar A. (2020) Maximum likelihood with bias-corrected"
        " calibration is hard-to-beat at label shift adaptation. ICML 2020, PMLR 119: 222–232.",
    ),
    "logit_adjusted": (
        "Menon A. K., Jayasumana S., Rawat A. S., Jain H., Veit A., Kumar S. (2021) Long-tail"
        " learning via logit adjustment. ICLR 2021.",
    ),
    "pacc": (BELLA,),
    "probabilistic": (BELLA,),
    "dawid_skene": (
        "Dawid A. P., Skene A. M. (1979) Maximum likelihood estimation of observer error-rates"
        " using the EM algorithm. Applied Statistics 28: 20–28.",
    ),
}


def references(findings: Findings) -> list[str]:
    """Return what to cite, in the order of the alphabet."""
    told = {*ALWAYS, *(TRUST if findings.trust else ()), *(TREE if findings.tree else ())}
    told.update(*(works for stage, works in COURSE.items() if findings.course.has(stage)))
    if findings.classifier:
        known = findings.classifier
        asked = ("", *known.settings.values(), *known.told.values(), known.labels.get("way"))
        told.update(*(CLASSES[one] for one in asked if isinstance(one, str) and one in CLASSES))
    return sorted(told)
