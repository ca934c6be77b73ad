using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Interchange;

/// <summary>
/// The weights of a run's networks alone, each network in a file of safetensors under the names of PyTorch, and a script that loads the
/// generator there.
/// </summary>
internal static class WeightsExport
{
    /// <summary>The name of the script.</summary>
    public const string Script = "load.py";

    /// <summary>What PyTorch's batch normalization counts and never uses; without it there, a file is not complete.</summary>
    private const string BatchCounter = "num_batches_tracked";

    /// <summary>Writes a folder of them, whole or not at all.</summary>
    /// <param name="path">The folder that is made; nothing is there.</param>
    /// <returns>The files and the bytes of each.</returns>
    /// <exception cref="BadInputException">Something is there, or a file cannot be read or written.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> Write(SavedRun saved, string path)
    {
        using var device = Device.Open(new DeviceSettings("cpu"));
        return NewFolder.Make(path, saved.Folder.Path, folder =>
        {
            foreach (var direction in saved.Run.Kind.Directions)
            {
                using var networks = new RunNetworks(device, saved, direction);
                foreach (var (name, weights) in networks.Weights)
                {
                    // The mark that loaders of PyTorch's world look for.
                    var metadata = new Dictionary<string, string> { ["format"] = "pt", ["command"] = saved.Run.Kind.Command };
                    SafeTensors.Write(Path.Combine(folder, FileOf(networks, name)), [.. weights.SelectMany(Sources)], metadata);
                }

                if (direction == saved.Run.Kind.Directions[0])
                    AtomicFile.WriteText(Path.Combine(folder, Script), ScriptFor(networks.Model, FileOf(networks, "generator")));
            }
        });
    }

    private static string FileOf(RunNetworks networks, string name) => $"{networks.Prefix}{name}.safetensors";

    /// <summary>A weight as it is written, and what PyTorch expects beside it.</summary>
    internal static IEnumerable<SafeTensorSource> Sources(InferenceWeight weight)
    {
        yield return new SafeTensorSource(weight.Name, ElementType.Float32, weight.Shape,
            () => MemoryMarshal.AsBytes<float>(weight.Read()).ToArray());
        if (weight.Name.EndsWith(".running_var", StringComparison.Ordinal))
            yield return new SafeTensorSource(weight.Name.Replace("running_var", BatchCounter), ElementType.Int64, [],
                () => new byte[sizeof(long)]);
    }

    /// <summary>
    /// The generator in PyTorch: layers in a row, because their names are those of the file. One that repeats pixels has a layer more than
    /// the paper's: a convolution at full size makes the image. Its repeated pixels are in the weights of the others.
    /// </summary>
    internal static string ScriptFor(ModelSettings model, string file)
    {
        var (stages, repeats) = (model.Stages, model.Upsampling);
        var channels = Enumerable.Range(0, stages).Select(stage => model.Width << (stages - 1 - stage))
            .Append(repeats ? Math.Max(1, model.Width / 2) : model.Channels);
        var (made, bias) = repeats ? ("before the image", "False") : ("of what is made", "i == len(channels) - 1");
        var image = !repeats ? "" : $"""
            layers["norm{stages + 1}"], layers["relu{stages + 1}"] = nn.BatchNorm2d(channels[-1]), nn.ReLU()
            layers["image"] = nn.Conv2d(channels[-1], {model.Channels}, 3, padding=1)

            """;
        return $$"""
            from collections import OrderedDict
            import torch
            from torch import nn
            from safetensors.torch import load_file

            channels = [{{string.Join(", ", channels)}}]  # before each doubling of the side, and {{made}}
            layers = OrderedDict(project=nn.Linear({{model.CodeSize}} + {{model.NoiseSize}}, 16 * channels[0], bias=False),
                                 map=nn.Unflatten(1, (channels[0], 4, 4)))
            for i in range(1, len(channels)):
                layers[f"norm{i}"], layers[f"relu{i}"] = nn.BatchNorm2d(channels[i - 1]), nn.ReLU()
                layers[f"deconv{i}"] = nn.ConvTranspose2d(channels[i - 1], channels[i], 4, 2, 1, bias={{bias}})
            {{image}}generator = nn.Sequential(OrderedDict(layers, tanh=nn.Tanh())).eval()
            generator.load_state_dict(load_file("{{file}}"))

            with torch.no_grad():  # a row each: codes of the encoder, then noise; samples are in (-1, 1)
                print(generator(torch.cat([torch.zeros(8, {{model.CodeSize}}), torch.randn(8, {{model.NoiseSize}})], 1)).shape)

            """;
    }
}
