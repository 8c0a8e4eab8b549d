"""What the comparison of groups says in words."""

FLAGS = {
    "too_few_periods": "fewer than 10 sampled periods: no test; fewer than 5 in each group: no"
    " curve either",
    "too_few_images": "fewer than 20 images at the site: nothing estimated",
    "one_class": "no volume and only one class, whose share is always 1: nothing estimated",
    "one_group": "the site has one group, nothing to compare",
    "groups_apart": "the groups were mostly sampled in different periods: not compared",
    "groups_left_out": "a group was sampled in fewer than 5 periods, or in less than a third of"
    " those of the group with most, and left out",
    "absent_in_group": "a group has no image of the class; its ratio rests on the part of an image"
    " that the regression adds, and is an upper bound",
    "not_converged": "the regression did not converge: nothing estimated",
    "misfit": "counts scatter otherwise than a negative binomial: Pearson's ratio beside it is"
    " above 1.5",
    "periods_joined": "periods were joined to blocks, because there are too many for the"
    " correlations",
    "share_only": "without volumes: a share falls when others bloom",
    "vanishes": "in half of the reclusterings or more the groups do not differ",
}
NOTES = {
    "glm": "negative binomial regression of the counts of each group and period (statsmodels),"
    " with the logarithm of the volume, or without volumes of the images, as offset; Poisson"
    " where counting explains all scatter",
    "half": "each count has half its leverage added (Firth), half an image per coefficient in all",
    "curve": "natural cubic spline of time; each group's departure from it has one degree of"
    " freedom less",
    "correlation": "between periods and between groups, from the residuals of each class by"
    " restricted likelihood on a grid",
    "scatter": "the size of the scatter comes from waves just faster than the curves",
    "p": "F tests by generalised least squares, from the regression without what is tested",
    "since": "the period by which a group's departure is shown, over all groups, periods and"
    " windows together, and after which it stays; some periods after its beginning",
    "dispersion": "Pearson's chi-squared over the degrees of freedom of a Poisson regression:"
    " 1 if counting alone made the scatter",
    "unit": "concentration per mL or share",
}
