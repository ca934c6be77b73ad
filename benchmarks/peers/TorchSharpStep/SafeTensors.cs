using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

/// <summary>Files of safetensors: the length of a JSON header, the header, and the bytes of all tensors.</summary>
internal static class SafeTensors
{
    /// <summary>All tensors of a file, by name.</summary>
    /// <exception cref="InvalidDataException">The file is not whole, or has tensors of a type that is not read here.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var length = bytes.Length < sizeof(long) ? -1 : BitConverter.ToInt64(bytes);
        if (length < 0 || length > bytes.Length - sizeof(long))
            throw new InvalidDataException($"{path}: no safetensors, or not all of it");
        var data = bytes.AsMemory(sizeof(long) + (int)length);
        using var header = JsonDocument.Parse(bytes.AsMemory(sizeof(long), (int)length));
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var type = entry.Value.GetProperty("dtype").GetString();
            var shape = Numbers(entry.Value, "shape");
            var (begin, end) = Numbers(entry.Value, "data_offsets") is [var first, var last] ? (first, last) : (0, -1);
            if (type is not ("F32" or "I64"))
                throw new InvalidDataException($"{path}: {entry.Name} is {type}; F32 and I64 are read");
            var size = shape.Aggregate(type == "F32" ? sizeof(float) : sizeof(long), (long product, long extent) => product * extent);
            if (begin < 0 || end - begin != size || end > data.Length)
                throw new InvalidDataException($"{path}: {entry.Name} does not lie in it whole");
            var span = data.Span[(int)begin..(int)end];
            var values = type == "F32" ? tensor(MemoryMarshal.Cast<byte, float>(span).ToArray())
                : tensor(MemoryMarshal.Cast<byte, long>(span).ToArray());
            tensors.Add(entry.Name, values.reshape(shape));
        }

        return tensors;
    }

    private static long[] Numbers(JsonElement entry, string name) =>
        [.. entry.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
}
