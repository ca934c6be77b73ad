namespace CrossModal.Runs;

/// <summary>What makes the code that a GAN is conditioned on.</summary>
internal enum EncoderKind
{
    /// <summary>A classifier of sounds.</summary>
    SoundClassifier,

    /// <summary>An autoencoder of sounds, in variant S2I-A.</summary>
    SoundAutoencoder,

    /// <summary>Both at once, in the pose scenario, because a classifier's code forgets what a pose follows.</summary>
    JointSoundEncoder,

    /// <summary>A classifier of images, for image to sound.</summary>
    ImageClassifier,

    /// <summary>An encoder that is trained together with the decoders and lies in their checkpoint (CMCGAN).</summary>
    PartOfModel,
}
