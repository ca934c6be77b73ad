using System.Diagnostics;
using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>A layer of a network: what it is, and how many numbers it has learned.</summary>
internal sealed record LayerPlan(string Name, string Kind, IReadOnlyList<int> Weight, long Parameters);

/// <summary>What a layer made of one example.</summary>
/// <param name="Shape">Of the output without the batch: [height, width, channels], or [numbers].</param>
/// <param name="Values">In that order.</param>
/// <param name="Milliseconds">From the output of the layer before to this one's.</param>
internal sealed record LayerOutput(string Network, string Name, Shape Shape, float[] Values, double Milliseconds);

/// <summary>A picture before the discriminator: its score and the 4×4 map that the score is computed of.</summary>
/// <param name="Pixels">Height × width × channels, in [−1, 1].</param>
/// <param name="Map">What the last convolution sees, 4 × 4, the mean over its channels.</param>
internal sealed record ScoredPicture(string What, float[] Pixels, float Score, float[] Map);

/// <summary>Looks into the networks of a run while they hear a sound and draw its picture.</summary>
internal sealed class InsideRun(LiveRun run)
{
    /// <summary>Pixels of a side of the pieces that a shuffled picture is cut into.</summary>
    private const int Piece = 16;

    /// <summary>The networks, in the order of computation, and their layers.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<LayerPlan> Layers)> Plans =>
        [.. run.Networks.Select(network => (network.Name, (IReadOnlyList<LayerPlan>)[.. Layers(network.Module).Select(Plan)]))];

    /// <summary>Hears a window and draws it with a noise; the outputs of all layers on the way, those of the discriminator too.</summary>
    public (DrawnPicture Drawn, IReadOnlyList<LayerOutput> Outputs) Look(float[] window, float[] noise)
    {
        using var scope = new Scope();
        var spectrogram = run.Spectrogram(window);

        // Once to be warm: the times are to be those of a layer, not of the compiler.
        run.Draw(run.Encode(spectrogram), noise);
        var seen = new List<LayerOutput>();
        var before = Stopwatch.GetTimestamp();
        var taps = run.Networks.Select(network => network.Module.Tap((name, output) =>
        {
            var now = Stopwatch.GetTimestamp();
            if (output.Shape[0] == 1)
            {
                seen.Add(new LayerOutput(network.Name, name, [.. output.Shape.Extents[1..]], output.ToArray(),
                    Stopwatch.GetElapsedTime(before, now).TotalMilliseconds));
            }

            before = Stopwatch.GetTimestamp();
        })).ToList();
        try
        {
            before = Stopwatch.GetTimestamp();
            var drawn = run.Draw(run.Encode(spectrogram), noise);
            return (drawn, seen);
        }
        finally
        {
            foreach (var tap in taps)
                tap.Dispose();
        }
    }

    /// <summary>
    /// Which levels of the sound's spectrogram move a patch of the picture, and which way: the gradient of the patch's mean brightness by
    /// each level (Simonyan et al. 2013), or its integral on the way from silence, times how far each level lies above silence
    /// (Sundararajan et al. 2017, integrated gradients).
    /// </summary>
    /// <param name="patch">Left, top, width and height in pixels.</param>
    /// <param name="steps">Points of the way from silence; 1 for the plain gradient at the sound itself.</param>
    /// <returns>Frames × mels.</returns>
    /// <exception cref="BadInputException">The patch lies outside of the picture.</exception>
    public float[] Saliency(float[] window, float[] noise, (int X, int Y, int Width, int Height) patch, int steps)
    {
        var size = run.ImageSize;
        var (x, y, width, height) = patch;
        if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > size || y + height > size)
            throw new BadInputException($"a patch lies within {size} × {size} pixels; this one is {width} × {height} at {x}, {y}");
        using var scope = new Scope();
        var spectrogram = run.Spectrogram(window);
        var sum = new float[spectrogram.Count];
        for (var i = 1; i <= steps; i++)
        {
            using var step = new Scope();

            // −1 is silence: the point on the way lies at that share of each level above it.
            var point = spectrogram.Affine((double)i / steps, (double)i / steps - 1).Detach();
            point.RequiresGradient = true;
            var brightness = run.Picture(point, noise).Slice(1, y, y + height).Slice(2, x, x + width).Mean();
            var gradient = Tape.Gradients(brightness, [point])[0].ToArray();
            for (var k = 0; k < sum.Length; k++)
                sum[k] += gradient[k] / steps;
        }

        if (steps == 1)
            return sum;
        var levels = spectrogram.ToArray();
        return [.. sum.Select((gradient, k) => gradient * (levels[k] + 1))];
    }

    /// <summary>
    /// The picture of this sound, that of another sound, and the first cut into pieces and mixed up, each before the discriminator with
    /// the code of this sound: it is to believe the first alone. Empty where the run's discriminators take other pairs.
    /// </summary>
    /// <param name="window">The sound.</param>
    /// <param name="other">Another instrument's.</param>
    public IReadOnlyList<ScoredPicture> Doubt(float[] window, float[] other, float[] noise)
    {
        if (run.Discriminator is not { } discriminator)
            return [];
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var spectrogram = run.Spectrogram(window);
        var (right, wrong) = (run.Picture(spectrogram, noise), run.Picture(run.Spectrogram(other), noise));
        var pixels = right.ToArray();
        var code = Tensor.From(run.Device, [1, run.CodeSize], run.Encode(spectrogram));
        return
        [
            Score("of this sound", right), Score("of the other sound", wrong),
            Score("of this sound, mixed up", Tensor.From(run.Device, right.Shape, Shuffled(pixels, run.ImageSize, right.Shape[3]))),
        ];

        ScoredPicture Score(string what, Tensor picture)
        {
            float[] map = [];
            using var tap = discriminator.Tap((name, output) =>
            {
                if (output.Shape.Rank == 4 && output.Shape[1] == 4)
                    map = output.Mean([3]).ToArray();
            });
            var score = discriminator.Forward(picture, code).Sigmoid().ToArray()[0];
            return new ScoredPicture(what, picture.ToArray(), score, map);
        }
    }

    /// <summary>The weight of a layer as it is trained; null where it has none.</summary>
    /// <exception cref="BadInputException">There is no such layer.</exception>
    public (Shape Shape, float[] Values)? Weight(string network, string layer)
    {
        var module = run.Networks.Where(one => one.Name == network).SelectMany(one => Layers(one.Module))
            .FirstOrDefault(one => one.Name == layer).Module
            ?? throw new BadInputException($"the run has no layer '{layer}' in its {network}");
        return module is WeightedLayer weighted ? (weighted.Weight.Shape, weighted.Weight.ToArray()) : null;
    }

    private static IEnumerable<(string Name, Module Module)> Layers(Module network) =>
        network.NamedModules.Where(within => within.Module is Layer);

    private static LayerPlan Plan((string Name, Module Module) layer) => new(layer.Name, layer.Module.GetType().Name switch
    {
        nameof(Convolution2d) => "convolution",
        nameof(ConvolutionTransposed2d) => "transposed convolution",
        nameof(Linear) => "linear",
        nameof(BatchNorm) => "batch normalization",
        var other => other.ToLowerInvariant(),
    }, layer.Module is WeightedLayer weighted ? [.. weighted.Weight.Shape.Extents] : [], layer.Module.ParameterCount);

    /// <summary>Pieces of a picture in another order, always the same one.</summary>
    private static float[] Shuffled(float[] pixels, int size, int channels)
    {
        var side = Math.Max(1, size / Piece);
        var pieces = Enumerable.Range(0, side * side).ToArray();
        new CountedRandom(1, RandomStreams.Generation).Shuffle<int>(pieces);
        var mixed = new float[pixels.Length];
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
            {
                var piece = pieces[Math.Min(side - 1, row / Piece) * side + Math.Min(side - 1, column / Piece)];
                var from = ((piece / side * Piece + row % Piece) * size + piece % side * Piece + column % Piece) * channels;
                pixels.AsSpan(from, channels).CopyTo(mixed.AsSpan((row * size + column) * channels, channels));
            }
        }

        return mixed;
    }
}
