"""What is trained under each profile: ``quick`` in about an hour on two cores, ``full`` as published."""

from engine.core.evaluations import Profile
from engine.core.records import Record
from engine.methods.micro_pattern.augmentation import AugmentationSettings
from engine.methods.micro_pattern.learning import LearningSettings
from engine.methods.micro_pattern.rendering import TRAINING_SEEDS, Rendering
from engine.nn.shape import NetworkSettings
from engine.nn.training import TrainingSettings
from engine.simulation.glyphs import GLYPHS


class TrainingProfile(Record):
    """Which labels are rendered, what is learnt of them, and how."""

    rendering: Rendering
    learning: LearningSettings
    training: TrainingSettings


# The frame gives the pose, so that every place of the last map may keep weights of its own; an eighth of the published
# resolution's work, a quarter of its channels squared.
QUICK = TrainingProfile(
    rendering=Rendering(first_seed=TRAINING_SEEDS, count=1800, captures=8, side=128),
    learning=LearningSettings(
        network=NetworkSettings(
            depth=18, width=32, input_px=128, channels=1, head="spatial", embedding=256, classes=len(GLYPHS)
        ),
        preparing="local contrast",
        augmentation=AugmentationSettings(
            rotation_deg=1.0, shift=0.004, scale=0.004, value=False, blur_px=0.8, noise=6.0, worn=0.3, turned=True
        ),
        batch=64,
    ),
    training=TrainingSettings(steps=3000, learning_rate=0.05, warm_up=300, checkpoint_steps=250, threads=1),
)
# He et al. 2024: ResNet-50 at 256 px, any rotation, HSV value + x; loss, scale, optimiser as in their public code. How
# long they trained is not stated.
FULL = TrainingProfile(
    rendering=Rendering(first_seed=TRAINING_SEEDS, count=20_000, captures=8),
    learning=LearningSettings(
        network=NetworkSettings(
            depth=50, width=64, input_px=256, channels=3, head="pooled", embedding=256, classes=len(GLYPHS)
        ),
        preparing="published",
        augmentation=AugmentationSettings(rotation_deg=180.0, value=True),
        batch=128,
    ),
    training=TrainingSettings(steps=100_000, learning_rate=0.1, warm_up=2000, checkpoint_steps=1000, threads=16),
)
PROFILES = {Profile.QUICK: QUICK, Profile.FULL: FULL}
