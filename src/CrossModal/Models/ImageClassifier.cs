using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of an image: the judge of what the GAN makes, and, with a code, the encoder ϕ(I) that image to sound is conditioned
/// on (Chen et al. 2017, Fig. 5: 3×3 convolutions of 16 and 16 kernels, max pooling, 32, 32, 64 and 64, max pooling, 1024, 128, classes).
/// Chosen here: a max pooling between 32 and 64 as well, for speed, and more of the last kernels where images are larger than 128 pixels.
/// </summary>
/// <param name="random">For the first weights.</param>
/// <param name="masks">For dropout; not owned.</param>
/// <param name="classes">Instruments.</param>
/// <param name="imageSize">Pixels of a side.</param>
/// <param name="codeSize">Numbers of the code; 0 for a judge, which has none.</param>
/// <param name="hidden">Numbers of the layer behind the convolutions.</param>
internal sealed class ImageClassifier(RandomStream random, RandomStream masks, int classes, int imageSize, int codeSize = 0,
    int hidden = FeatureNetwork.PaperHidden)
    : Classifier(random, masks, new Shape(imageSize, imageSize, ModelSettings.Colors), DownToMap(Plan, imageSize), classes, codeSize,
        hidden)
{
    private static readonly FeatureConvolution[] Plan =
        [new(16), new(16, Pool: 2), new(32), new(32, Pool: 2), new(64), new(64, Pool: 2)];
}
