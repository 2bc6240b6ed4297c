"""Pure functions on scores: error rates with intervals, ROC and DET curves, AUC, thresholds.

Scores run upwards: higher = more genuine; a score is accepted where it is not less than the threshold.
"""
