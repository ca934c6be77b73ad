namespace CrossModal.Runs;

/// <summary>Where the condition's code comes from, and whether there are wrong pairs (Chen et al. 2017, Table 5).</summary>
internal enum Variant
{
    /// <summary>S2I-C: an encoder trained as a classifier, with wrong pairs.</summary>
    C,

    /// <summary>S2I-N: the same without wrong pairs.</summary>
    N,

    /// <summary>S2I-A: an encoder trained as an autoencoder, with wrong pairs.</summary>
    A,
}
