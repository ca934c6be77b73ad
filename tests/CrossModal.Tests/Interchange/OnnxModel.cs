using CrossModal.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace CrossModal.Tests.Interchange;

/// <summary>A file of ONNX, computed by ONNX Runtime.</summary>
internal sealed class OnnxModel(string path) : IDisposable
{
    private readonly InferenceSession _session =
        new(path, new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR });

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>Inputs and outputs with their shapes; −1 stands for the batch.</summary>
    public IEnumerable<(string Name, int[] Shape)> Ends => _session.InputMetadata.Concat(_session.OutputMetadata)
        .Select(end => (end.Key, end.Value.Dimensions));

    /// <summary>All outputs of inputs, by name.</summary>
    public Dictionary<string, float[]> Run(params (string Name, float[] Values)[] inputs)
    {
        using var run = new RunOptions();
        var values = inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, ShapeOf(input.Name, input.Values.Length)));
        var given = inputs.Select(input => input.Name).Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
        using var outputs = _session.Run(run, given, _session.OutputNames);
        var read = _session.OutputNames.Zip(outputs)
            .ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
        foreach (var value in given.Values)
            value.Dispose();
        return read;
    }

    /// <summary>Images [batch, height, width, channels] as they lie in ONNX.</summary>
    public static float[] Turned(Tensor images) => images.Permute(0, 3, 1, 2).ToArray();

    public void Dispose() => _session.Dispose();

    private long[] ShapeOf(string input, int count)
    {
        var row = _session.InputMetadata[input].Dimensions[1..];
        return [count / row.Aggregate(1, (product, extent) => product * extent), .. row.Select(extent => (long)extent)];
    }
}
