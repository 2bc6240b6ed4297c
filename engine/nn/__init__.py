"""Networks: backbones, training, weights with their card, and inference. Knows nothing of labels, logos or parts."""
