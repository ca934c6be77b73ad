using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>What <see cref="DifferentiableAugmentation"/> changes.</summary>
[Flags]
public enum AugmentationPolicy
{
    /// <summary>Images stay as they are.</summary>
    None = 0,

    /// <summary>Brightness, saturation and contrast.</summary>
    Color = 1,

    /// <summary>Up to an eighth of the side along either axis, zeros behind it.</summary>
    Translation = 2,

    /// <summary>A rectangle of half the sides is set to zero; it may hang over the edge.</summary>
    Cutout = 4,

    /// <summary>Everything.</summary>
    All = Color | Translation | Cutout,
}

/// <summary>
/// Along which axes images are moved. Where an axis carries a meaning that a move would change, as the frequencies of a spectrogram do, it
/// is left out.
/// </summary>
[Flags]
public enum TranslationAxes
{
    /// <summary>Up and down.</summary>
    Rows = 1,
    /// <summary>To the left and the right.</summary>
    Columns = 2,
    /// <summary>Along either axis.</summary>
    Both = Rows | Columns,
}

/// <summary>
/// DiffAugment (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"): the discriminator sees real, wrong and
/// fake images only after a random change, and the generator's gradient goes through the change, so that the generator learns the images
/// and not the changes. Ranges and order as in the authors' code: brightness ±0.5, saturation 0 to 2, contrast 0.5 to 1.5, translation ±1/8
/// of the side, cutout of half the side. All is drawn and computed on the device, so a captured step draws anew at each replay.
/// </summary>
public sealed class DifferentiableAugmentation
{
    private readonly TranslationAxes _axes;

    /// <summary>For images [batch, height, width, channels] in [−1, 1].</summary>
    /// <exception cref="ShapeException">An extent is below 1.</exception>
    public DifferentiableAugmentation(int height, int width, int channels, AugmentationPolicy policy = AugmentationPolicy.All,
        TranslationAxes axes = TranslationAxes.Both)
    {
        if (height < 1 || width < 1 || channels < 1)
            throw new ShapeException($"augmentation: images of [{height}, {width}, {channels}] have no pixels");
        (Height, Width, Channels, Policy, _axes) = (height, width, channels, policy, axes);
    }

    /// <summary>Pixels of a column.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Numbers of a pixel.</summary>
    public int Channels { get; }

    /// <summary>What is changed.</summary>
    public AugmentationPolicy Policy { get; }

    /// <summary>
    /// Draws one change for each of <paramref name="batch"/> images. Real, wrong and fake images must each have draws of their own: several
    /// draws, or one of all of them together.
    /// </summary>
    public AugmentationDraw Draw(RandomStream random, int batch)
    {
        using var pause = Tape.Paused();
        Shape one = [batch, 1, 1, 1];
        var (color, translation, cutout) = (Has(AugmentationPolicy.Color), Has(AugmentationPolicy.Translation),
            Has(AugmentationPolicy.Cutout));
        return new AugmentationDraw(this, batch)
        {
            Brightness = color ? random.Uniform(one, -0.5, 0.5) : null,
            Saturation = color && Channels > 1 ? random.Uniform(one, 0, 2) : null,
            Contrast = color ? random.Uniform(one, 0.5, 1.5) : null,
            Translation = translation
                ? Tensor.Concatenate(1, Move(TranslationAxes.Rows, Height), Move(TranslationAxes.Columns, Width)) : null,
            Cutout = cutout ? Tensor.Concatenate(1, Cut(Height), Cut(Width)) : null,
        };

        Tensor Move(TranslationAxes axis, int side)
        {
            var farthest = (side + 4) / 8;
            return _axes.HasFlag(axis) ? Whole(-farthest, farthest) : Tensor.Zeros(random.Device, [batch, 1]);
        }

        // The center lies anywhere on the side, both ends included where the cut is even.
        Tensor Cut(int side) => Whole(-(side / 2), side - CutSide(side) % 2 - side / 2);

        // Rounded where they are used: each whole number from low to high is as likely.
        Tensor Whole(int low, int high) => random.Uniform([batch, 1], low - 0.5, high + 0.5).Clamp(low, high);
    }

    /// <summary>How long the cutout is along a side.</summary>
    internal static int CutSide(int side) => (side + 1) / 2;

    private bool Has(AugmentationPolicy part) => (Policy & part) != 0;
}

/// <summary>
/// The changes that were drawn for a batch of images, one an image; what the policy leaves out is null. Outside any gradient.
/// </summary>
public sealed class AugmentationDraw
{
    private readonly DifferentiableAugmentation _augmentation;
    private readonly int _batch;

    internal AugmentationDraw(DifferentiableAugmentation augmentation, int batch) => (_augmentation, _batch) = (augmentation, batch);

    /// <summary>[batch, 1, 1, 1] in ±0.5: added to every value.</summary>
    public Tensor? Brightness { get; internal init; }

    /// <summary>
    /// [batch, 1, 1, 1] in 0 to 2: the distance of a value from the mean of its pixel's channels is multiplied by it. Null for one channel,
    /// too.
    /// </summary>
    public Tensor? Saturation { get; internal init; }

    /// <summary>[batch, 1, 1, 1] in 0.5 to 1.5: the distance of a value from the mean of its image is multiplied by it.</summary>
    public Tensor? Contrast { get; internal init; }

    /// <summary>[batch, 2], rows and columns that an image is moved by; rounded as <see cref="Tensor.Shift"/> does.</summary>
    public Tensor? Translation { get; internal init; }

    /// <summary>[batch, 2], rows and columns by which the rectangle lies off the middle; rounded likewise.</summary>
    public Tensor? Cutout { get; internal init; }

    /// <summary>
    /// The changed images, differentiable by <paramref name="images"/> [batch, height, width, channels] to any order. They may leave [−1,
    /// 1].
    /// </summary>
    /// <exception cref="ShapeException">Images of another shape than these changes were drawn for.</exception>
    public Tensor Apply(Tensor images)
    {
        Shape expected = [_batch, _augmentation.Height, _augmentation.Width, _augmentation.Channels];
        if (images.Shape != expected)
            throw new ShapeException($"augmentation: images {images.Shape}, but the changes were drawn for {expected}");
        var x = images;
        if (Brightness is not null && Contrast is not null)
            x = ChangeColor(x, Brightness, Contrast);
        if (Translation is not null)
            x = x.Shift(Translation);
        return Cutout is null ? x : x * CutoutMask(Cutout);
    }

    /// <summary>
    /// Brightness β, then saturation s about the pixel's mean m, then contrast k about the image's mean M. One after the other they come to
    /// k·s·x + k·(1 − s)·m + (1 − k)·M + β, which passes over the images twice instead of six times.
    /// </summary>
    private Tensor ChangeColor(Tensor x, Tensor brightness, Tensor contrast)
    {
        if (Saturation is null)
            return x * contrast + (x.Mean([1, 2, 3], keep: true) * (1 - contrast) + brightness);
        var pixel = x.Mean([3], keep: true);
        var level = pixel.Mean([1, 2], keep: true) * (1 - contrast) + brightness;

        // Spread by a copy, because a sum with one number a pixel makes rows of three elements, too short for the cpu's vectors.
        return x * (contrast * Saturation) + (pixel * (contrast * (1 - Saturation)) + level).BroadcastTo(x.Shape);
    }

    /// <summary>[batch, height, width, channels]: zero in the rectangle, one around it.</summary>
    private Tensor CutoutMask(Tensor offsets)
    {
        using var pause = Tape.Paused();
        var rows = Strip(_augmentation.Height, 1, 1).Shift(offsets.Slice(1, 0, 1).Embed(1, 0, 2));
        var columns = Strip(_augmentation.Width, 2, _augmentation.Channels).Shift(offsets.Slice(1, 1, 1).Embed(1, 1, 2));
        return 1 - rows * columns;

        // Ones in the middle of a line along one axis. Moving it is exact, where a comparison of coordinates would depend on how the device
        // rounds.
        Tensor Strip(int side, int axis, int channels)
        {
            var cut = DifferentiableAugmentation.CutSide(side);
            return Tensor.Full(offsets.Device, new Shape(_batch, 1, 1, channels).With(axis, cut), 1).Embed(axis, side / 2 - cut / 2, side);
        }
    }
}
