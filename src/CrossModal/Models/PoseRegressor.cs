using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Reads a player's pose off an image whose instrument is known: what generated images are measured by in the pose scenario. Its convolutions say, in each of 64 maps, how much a place looks
/// like some part of player or instrument; a softmax over the places turns a map into one point (the spatial softmax of Levine et al. 2016, "End-to-End Training of Deep Visuomotor Policies",
/// section 4.2), and from the points the pose is told by layers of which the last is the instrument's own. Few hundred images an instrument are enough for points, and not for the judge's
/// layers (<see cref="ImageClassifier"/>), which learn faces and dresses by heart.
/// </summary>
public sealed class PoseRegressor : Module
{
    private const int Points = 64;

    /// <summary>First maps are nearly flat; steeper ones let a point move from the start.</summary>
    private const double Sharpness = 3;

    private readonly Convolution2d[] _convolutions;
    private readonly Linear _features, _poses;
    private readonly Dropout _dropout;
    private readonly Tensor _places;
    private readonly int _classes, _components;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout; not owned.</param>
    /// <param name="components">Numbers of a pose.</param>
    public PoseRegressor(RandomStream random, RandomStream masks, int classes, int imageSize, int components)
        : base(random.Device)
    {
        (_classes, _components) = (classes, components);
        int[] kernels = [16, 32, 32, Points];
        _convolutions = new Convolution2d[kernels.Length];
        for (var i = 0; i < kernels.Length; i++)
            _convolutions[i] = Add($"conv{i + 1}", new Convolution2d(random, i == 0 ? ModelConfiguration.Colours : kernels[i - 1], kernels[i], 3, new ConvolutionOptions(Padding: 1), initializer: Initializers.HeNormal()));
        _features = Add("features", new Linear(random, 2 * Points, 256, initializer: Initializers.HeNormal()));
        _dropout = Add("dropout", new Dropout(masks, keep: 0.8));
        _poses = Add("poses", new Linear(random, 256, classes * components, initializer: Initializers.XavierNormal()));
        _places = AddBuffer("places", new Shape(imageSize / 2 * (imageSize / 2), 2), 0);
        _places.Write(PlacesOf(imageSize / 2));
    }

    /// <summary>Images [batch, size, size, 3] in [−1, 1] and their instruments (int32 [batch]) to poses [batch, components], standardised within each instrument.</summary>
    public Tensor Forward(Tensor images, Tensor instruments)
    {
        var batch = images.Shape[0];
        if (instruments.Shape != new Shape(batch))
            throw new ArgumentException($"pose regressor: instruments {instruments.Shape} must be [{batch}]");
        var x = images;
        for (var i = 0; i < _convolutions.Length; i++)
        {
            x = _convolutions[i].Forward(x, negativeSlope: i == _convolutions.Length - 1 ? 1 : 0);
            if (i == 0)
                x = x.MaxPool(2, 2);
        }

        var points = PointsOf(x * Sharpness).Reshape(batch, 2 * Points);
        var all = _poses.Forward(_dropout.Forward(_features.Forward(points, negativeSlope: 0))).Reshape(batch, _classes, _components);
        return (all * instruments.OneHot(_classes).Reshape(batch, _classes, 1)).Sum([1]);
    }

    /// <summary>Maps [batch, height, width, points] to the mean place of each under its softmax [batch · points, 2].</summary>
    private Tensor PointsOf(Tensor maps)
    {
        var (batch, places, points) = (maps.Shape[0], maps.Shape[1] * maps.Shape[2], maps.Shape[3]);
        return maps.Reshape(batch, places, points).Transpose().Reshape(batch * points, places).Softmax().MatrixProduct(_places);
    }

    /// <summary>Column and row of each place of a map, from −1 to 1 across it.</summary>
    private static float[] PlacesOf(int side)
    {
        var places = new float[2 * side * side];
        for (var i = 0; i < side * side; i++)
            (places[2 * i], places[2 * i + 1]) = (2 * (i % side + 0.5f) / side - 1, 2 * (i / side + 0.5f) / side - 1);
        return places;
    }
}
