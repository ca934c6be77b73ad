namespace CrossModal.Models;

/// <summary>Which game generator and discriminator play.</summary>
internal enum AdversarialLoss
{
    /// <summary>−log S_r − (log(1 − S_w) + log(1 − S_f)) / 2 against −log S_f (Chen et al. 2017, after Reed et al. 2016).</summary>
    CrossEntropy,

    /// <summary>max(0, 1 − D_r) + (max(0, 1 + D_w) + max(0, 1 + D_f)) / 2 against −D_f (Lim and Ye 2017).</summary>
    Hinge,
}
