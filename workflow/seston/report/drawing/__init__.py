"""How all is drawn: one look, axes of time, marks, mosaics; where figures and numbers are put."""
