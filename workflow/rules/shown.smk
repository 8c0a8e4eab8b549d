"""
What stands in Snakemake's own report (`snakemake --report report.zip`), under which heading.

GIVES: table(), FIGURE_SHOWN. Captions stand in workflow/report/: one per table, all of figures in figures.rst.
"""

# First words of a figure's file -> chapter and title; the longer ones first.
FIGURES = {
    "effort": ("1 Effort", "Samples, images, water; rejected and noise"),
    "samples": ("1 Effort", "Samples side by side: effort, rejects, focus, warnings"),
    "heatmap_concentrations": ("2 Through time", "Heat map: organisms per mL"),
    "heatmap_normalised": ("2 Through time", "Heat map: when each class had its time"),
    "heatmap_shares": ("2 Through time", "Heat map: shares of all organisms"),
    "curves": ("2 Through time", "Courses of the most frequent classes"),
    "dots": ("2 Through time", "Counts of the most frequent classes"),
    "succession": ("2 Through time", "Succession: who comes early, who late"),
    "slopes": ("2 Through time", "Rising and falling"),
    "days": ("2 Through time", "The map as it fills up"),
    "groups": ("3 Groups", "Courses of the groups"),
    "ratios": ("3 Groups", "Groups against their mean"),
    "diversity_clusters": ("4 Community", "Diversity of raw clusters"),
    "diversity": ("4 Community", "Diversity"),
    "turnover": ("4 Community", "Turnover"),
    "ordination": ("4 Community", "Path of the community"),
    "map": ("5 Clusters", "Map of all organisms"),
    "mosaic": ("5 Clusters", "Organisms of a cluster"),
    "stability": ("5 Clusters", "How stable each cluster is"),
    "kmeans_density": ("5 Clusters", "Clusters against density clusters"),
    "strangest": ("5 Clusters", "The strangest organisms"),
    "tree": ("5 Clusters", "Tree of the clusters"),
    "sweep": ("5 Clusters", "How many clusters"),
    "evidence": ("6 Model", "How good the embeddings are"),
    "attention": ("6 Model", "What the model looks at"),
    "loss": ("6 Model", "Loss of the fine-tuning"),
    "class_recall": ("8 Classes from labels", "How well each class is found"),
    "class_confusion": ("8 Classes from labels", "What is taken for what"),
    "class_reliability": ("8 Classes from labels", "Is it as sure as it is right"),
    "class_counts": ("8 Classes from labels", "Do the counts come out right"),
    "class_curves": ("8 Classes from labels", "Courses of the classes"),
    "class_dots": ("8 Classes from labels", "Counts of the classes"),
    "label_efficiency": ("8 Classes from labels", "How right with how many labels"),
    "label_cost": ("8 Classes from labels", "Calibration and time by labels"),
    "label_ratio": ("8 Classes from labels", "How many labels it saves"),
    "drift": ("7 Drift", "New images against those of the earlier run"),
}


def _figure(name):
    """The first words, chapter and title of a figure; a new one is shown as what its file is called."""
    found = (word for word in FIGURES if name == word or name.startswith(f"{word}_"))
    word = next(found, "")
    return word, *FIGURES.get(word, ("Others", name))


def _figure_labels(wildcards):
    word, _, title = _figure(wildcards.name)
    of = wildcards.name.removeprefix(word).strip("_").replace("_", " ")
    return {"figure": title, "of": of}


#: How the figures of the report are shown.
FIGURE_SHOWN = {
    "caption": "../report/figures.rst",
    "category": "Figures",
    "subcategory": lambda wildcards: _figure(wildcards.name)[1],
    "labels": _figure_labels,
    "patterns": ["{name}.png"],
}


def table(file, chapter, title, **labels):
    """A table that people read; its caption bears its name."""
    return report(
        file,
        caption=f"../report/tables/{Path(file).stem}.rst",
        category="Tables",
        subcategory=chapter,
        labels={"table": title, **labels},
    )
