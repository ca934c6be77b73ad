using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Reads a player's pose off an image whose instrument is known: what generated images are measured by in the pose scenario. The layers are
/// like the judge's (<see cref="ImageClassifier"/>): 3×3 convolutions of 16, 32, 32, 64 and 64 kernels, max pooling behind the first, third
/// and last, 1024, 128. The last layer is the instrument's own, for a hand lies elsewhere on each. In training images are covered with
/// grain: generated ones have some, and it is the pose that is to be measured.
/// </summary>
internal sealed class PoseRegressor : FeatureNetwork
{
    /// <summary>Deviation of the grain, where black to white is 2.</summary>
    private const double Grain = 0.1;

    private static readonly FeatureConvolution[] Plan = [new(16, Pool: 2), new(32), new(32, Pool: 2), new(64), new(64, Pool: 2)];

    private readonly RandomStream _masks;
    private readonly Linear _poses;
    private readonly int _classes, _components;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout and grain; not owned.</param>
    /// <param name="components">Numbers of a pose.</param>
    public PoseRegressor(RandomStream random, RandomStream masks, int classes, int imageSize, int components)
        : base(random, masks, new Shape(imageSize, imageSize, ModelSettings.Colors), DownToMap(Plan, imageSize), PaperHidden)
    {
        (_masks, _classes, _components) = (masks, classes, components);
        _poses = Add("poses", new Linear(random, FeatureCount, classes * components, initializer: Initializers.XavierNormal()));
    }

    /// <summary>
    /// Images [batch, size, size, 3] in [−1, 1] and their instruments (int32 [batch]) to poses [batch, components], standardized within
    /// each instrument.
    /// </summary>
    public Tensor Forward(Tensor images, Tensor instruments)
    {
        if (instruments.Shape != new Shape(images.Shape[0]))
            throw new ArgumentException($"pose regressor: instruments {instruments.Shape} must be [{images.Shape[0]}]");
        var seen = Training ? images + _masks.Normal(images.Shape) * Grain : images;
        var all = _poses.Forward(Features(seen)).Reshape(images.Shape[0], _classes, _components);
        return (all * instruments.OneHot(_classes).Reshape(images.Shape[0], _classes, 1)).Sum([1]);
    }
}
