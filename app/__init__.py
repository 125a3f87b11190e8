"""Recovery of mediaGenerationId from stored video API answers."""
