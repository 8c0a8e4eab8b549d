"""What each sample held of each class: what exports of occurrences and of flat tables share."""
