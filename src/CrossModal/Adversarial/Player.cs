namespace CrossModal.Adversarial;

/// <summary>Who plays the game.</summary>
internal enum Player
{
    /// <summary>Tells real pairs from wrong and generated ones.</summary>
    Discriminator,

    /// <summary>Makes samples that the other is to take for real.</summary>
    Generator,
}
