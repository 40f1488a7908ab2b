"""The trained model: features, training, calibration, labels. Knows no Delta and no language model."""
