using System.Globalization;
using System.Text.Json.Nodes;
using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using Google.Protobuf;

namespace CrossModal.Interchange;

/// <summary>The networks of a run as files of ONNX, opset 17, for any batch.</summary>
internal static class OnnxExport
{
    private static readonly string Version = typeof(OnnxExport).Assembly.GetName().Version?.ToString(3) ?? "";

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
                using var basis = new FourierBasis(device, networks.Layout.Window, networks.Layout.Hop);
                foreach (var (graph, description) in new OnnxFiles(networks, basis).All())
                {
                    var model = graph.ToModel(description, Version, Metadata(saved, networks));
                    AtomicFile.Write(Path.Combine(folder, $"{graph.Name}.onnx"), model.WriteTo);
                }
            }
        });
    }

    private static Dictionary<string, string> Metadata(SavedRun saved, RunNetworks networks)
    {
        var (run, layout) = (saved.Run, networks.Layout);
        return new Dictionary<string, string>
        {
            ["command"] = run.Kind.Command,
            ["scenario"] = run.Scenario.ToString().ToLowerInvariant(),
            ["classes"] = new JsonArray([.. run.Classes.Select(name => JsonValue.Create(name))]).ToJsonString(),
            ["sample_rate"] = Number(LogMelSpectrogram.SampleRate),
            ["samples"] = Number(LogMelSpectrogram.Samples),
            ["images"] = "[batch, 3, height, width]: red, green, blue from -1 (black) to 1 (white); 127.5 * (x + 1) are bytes",
            ["spectrograms"] = "[batch, 1, frames, mels]: -1 is -80 dB against a full-scale sine or less, 1 is 0 dB",
            ["frames"] = Number(layout.Frames),
            ["mels"] = Number(layout.Mels),
            ["hop"] = Number(layout.Hop),
            ["window"] = Number(layout.Window),
        };
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
