using System.Diagnostics;
using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>A layer of a network.</summary>
/// <param name="Kind">What it is, in words.</param>
/// <param name="Weight">The shape of its weight; empty where it has none.</param>
/// <param name="Parameters">How many numbers it has learned.</param>
/// <param name="Activation">What follows its sums, in the same layer; null for nothing.</param>
/// <param name="Stride">Of a convolution.</param>
/// <param name="Inputs">From how many channels of its input its filters can be chosen (<see cref="LayerFilters.Inputs"/>).</param>
internal sealed record LayerPlan(string Name, string Kind, IReadOnlyList<int> Weight, long Parameters, string? Activation, int? Stride,
    int Inputs);

/// <summary>What a layer made of one example.</summary>
/// <param name="Shape">Of the output without the batch: [height, width, channels], or [numbers].</param>
/// <param name="Values">In that order.</param>
/// <param name="InputShape">Of what it was given, without the batch.</param>
/// <param name="Input">In that order.</param>
/// <param name="Milliseconds">From the output of the layer before to this one's, the least of some passes.</param>
internal sealed record LayerOutput(string Network, string Name, Shape Shape, float[] Values, Shape InputShape, float[] Input,
    double Milliseconds);

/// <summary>A picture before the discriminator: its score and the 4×4 map that the score is computed of.</summary>
/// <param name="Pixels">Height × width × channels, in [−1, 1].</param>
/// <param name="Map">What the last convolution sees, 4 × 4, the mean over its channels.</param>
internal sealed record ScoredPicture(string What, float[] Pixels, float Score, float[] Map);

/// <summary>Looks into the networks of a run while they hear a sound and draw its picture.</summary>
internal sealed class InsideRun(LiveRun run)
{
    /// <summary>Pixels of a side of the pieces that a shuffled picture is cut into.</summary>
    private const int Piece = 16;

    /// <summary>A layer's time is the least of so many passes: whatever else the machine does makes it longer only.</summary>
    private const int TimedPasses = 3;

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
        var (drawn, seen) = Pass(spectrogram, noise);
        for (var pass = 1; pass < TimedPasses; pass++)
        {
            var again = Pass(spectrogram, noise).Outputs;
            seen = [.. seen.Zip(again, (one, other) => one with { Milliseconds = Math.Min(one.Milliseconds, other.Milliseconds) })];
        }

        return (drawn, seen);
    }

    private (DrawnPicture Drawn, List<LayerOutput> Outputs) Pass(Tensor spectrogram, float[] noise)
    {
        var seen = new List<LayerOutput>();
        var before = Stopwatch.GetTimestamp();
        var taps = run.Networks.Select(network => network.Module.Tap((name, input, output) =>
        {
            var now = Stopwatch.GetTimestamp();
            if (output.Shape[0] == 1)
            {
                seen.Add(new LayerOutput(network.Name, name, [.. output.Shape.Extents[1..]], output.ToArray(),
                    [.. input.Shape.Extents[1..]], input.ToArray(), Stopwatch.GetElapsedTime(before, now).TotalMilliseconds));
            }

            before = Stopwatch.GetTimestamp();
        })).ToList();
        try
        {
            before = Stopwatch.GetTimestamp();
            return (run.Draw(run.Encode(spectrogram), noise), seen);
        }
        finally
        {
            foreach (var tap in taps)
                tap.Dispose();
        }
    }

    /// <summary>How one number of a layer's output was made.</summary>
    /// <exception cref="BadInputException">There is no such layer in the run, it was not on the way, or it has no such place.</exception>
    public LayerArithmetic Explain(IReadOnlyList<LayerOutput> looked, string network, string layer, int row, int column, int channel)
    {
        var module = Find(network, layer);
        var seen = looked.FirstOrDefault(one => one.Network == network && one.Name == layer)
            ?? throw new BadInputException($"the sound did not come by '{layer}' of the {network}");
        return LayerArithmetic.Of(module, seen, row, column, channel);
    }

    /// <summary>The weight of a layer as pictures, <see cref="LayerFilters.Of"/>.</summary>
    /// <exception cref="BadInputException">There is no such layer, it has no weight, or its input no such channel.</exception>
    public (Shape Shape, float[] Values) Filters(string network, string layer, int input) =>
        LayerFilters.Of(layer, Find(network, layer), input);

    /// <summary>The numbers of a batch normalization.</summary>
    /// <exception cref="BadInputException">There is no such layer, or it is another one.</exception>
    public NormalizationNumbers Normalization(string network, string layer) => LayerFilters.Normalization(layer, Find(network, layer));

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
            using var tap = discriminator.Tap((_, output) =>
            {
                if (output.Shape.Rank == 4 && output.Shape[1] == 4)
                    map = output.Mean([3]).ToArray();
            });
            var score = discriminator.Forward(picture, code).Sigmoid().ToArray()[0];
            return new ScoredPicture(what, picture.ToArray(), score, map);
        }
    }

    private Module Find(string network, string layer) =>
        run.Networks.Where(one => one.Name == network).SelectMany(one => Layers(one.Module)).FirstOrDefault(one => one.Name == layer).Module
        ?? throw new BadInputException($"the run has no layer '{layer}' in its {network}");

    private static IEnumerable<(string Name, Module Module)> Layers(Module network) =>
        network.NamedModules.Where(within => within.Module is Layer);

    private static LayerPlan Plan((string Name, Module Module) layer) => new(layer.Name, layer.Module.GetType().Name switch
    {
        nameof(Convolution2d) => "convolution",
        nameof(ConvolutionTransposed2d) => "transposed convolution",
        nameof(Linear) => "linear",
        nameof(BatchNorm) => "batch normalization",
        var other => other.ToLowerInvariant(),
    }, layer.Module is WeightedLayer weighted ? [.. weighted.Weight.Shape.Extents] : [], layer.Module.ParameterCount,
        layer.Module switch
        {
            WeightedLayer { Activation: var activation } when activation != Activation.None => activation.ToString(),
            BatchNorm { Activation: var activation } when activation != Activation.None => activation.ToString(),
            _ => null,
        }, layer.Module switch
        {
            Convolution2d convolution => convolution.Options.Stride,
            ConvolutionTransposed2d transposed => transposed.Options.Stride,
            _ => null,
        }, LayerFilters.Inputs(layer.Module));

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
