using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// One file with the whole state of a run: modules, optimizers, moving averages and positions of random streams, each under a prefix, in
/// PyTorch's names and order of axes, and text beside them. Add the same parts before saving and before loading.
/// <code>
/// var checkpoint = new Checkpoint();
/// checkpoint.Add("generator", generator);                  // generator.deconv1.weight …
/// checkpoint.Add("optimizer.generator", adam);             // optimizer.generator.step, optimizer.generator.exp_avg.deconv1.weight …
/// checkpoint.Add("ema", average);                          // ema.deconv1.weight …
/// checkpoint.Add("random.noise", noise);                   // seed, stream, position
/// </code>
/// Floats are stored in the device's own type, so that a resumed run continues bit for bit; they can be loaded on a device of another float
/// type. The text beside the tensors has a checksum (<c>crc32c</c>) of itself and of them all, and a file that is not as it was saved is
/// refused; one without a checksum, PyTorch's for instance, is taken as it is.
/// </summary>
public sealed class Checkpoint
{
    private const string Remedy =
        "it was saved by another model or configuration; use the settings that it was trained with, or another checkpoint";

    /// <summary>What PyTorch's batch normalization counts and nobody uses: it may be in a file, and has no place here.</summary>
    private const string BatchCounter = ".num_batches_tracked";

    private readonly List<(string Prefix, NamedTensor Tensor)> _tensors = [];
    private readonly List<(string Name, RandomStream Stream)> _streams = [];

    /// <summary>
    /// Adds the state of a module, an optimizer or a moving average; its names follow <paramref name="prefix"/> and a dot, or nothing where
    /// that is empty, as in a file of one PyTorch module alone.
    /// </summary>
    public Checkpoint Add(string prefix, IStateful part)
    {
        var begin = prefix.Length == 0 ? "" : $"{prefix}.";
        foreach (var tensor in part.State)
            _tensors.Add((begin, tensor with { Name = begin + tensor.Name }));
        return this;
    }

    /// <summary>Adds a random stream: saved with seed and stream, which must agree when it is loaded.</summary>
    public Checkpoint Add(string name, RandomStream stream)
    {
        _streams.Add((name, stream));
        return this;
    }

    /// <summary>Writes everything that was added, whole or not at all.</summary>
    /// <param name="metadata">Text by name, such as JSON of the configuration or how many steps were made.</param>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public void Save(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // The mark that loaders of PyTorch's world look for.
        var text = new Dictionary<string, string> { ["format"] = "pt" };
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
            text[key] = value;
        var tensors = _tensors.Select(entry => entry.Tensor)
            .Select(tensor => new SafeTensorSource(tensor.Name, tensor.Tensor.Type, tensor.Layout.File, () => TensorBytes.Read(tensor)));
        var streams = _streams.Select(entry =>
            new SafeTensorSource(entry.Name, ElementType.Int64, [3], () => Words(entry.Stream)));
        SafeTensors.Write(path, [.. tensors, .. streams], text, withChecksum: true);
    }

    /// <summary>Reads back everything that was added. All is checked before anything is changed.</summary>
    /// <param name="everything">Whether the file must hold nothing else; false to take one module out of a whole run.</param>
    /// <returns>The text that was saved beside the tensors.</returns>
    /// <exception cref="CheckpointException">
    /// The file is absent or damaged, or belongs to something else; then the first tensor that differs is named with both shapes.
    /// </exception>
    public IReadOnlyDictionary<string, string> Load(string path, bool everything = true)
    {
        using var file = SafeTensors.Open(path);
        foreach (var (_, tensor) in _tensors)
            Find(file, tensor.Name, tensor.Tensor.Type, tensor.Layout.File);
        var positions = _streams.ConvertAll(entry => Position(file, entry.Name, entry.Stream));
        CheckNothingElse(file, everything);
        file.RequireChecksum();
        foreach (var (_, tensor) in _tensors)
        {
            var info = file.Tensors[tensor.Name];
            TensorBytes.Write(tensor, info.Type, file.Read(info));
        }

        for (var i = 0; i < positions.Count; i++)
            _streams[i].Stream.Position = positions[i];
        return file.Metadata;
    }

    /// <summary>The text beside a checkpoint's tensors, without loading them.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var file = SafeTensors.Open(path);
        return file.Metadata;
    }

    /// <summary>
    /// Writes a smaller copy of a checkpoint: some of its tensors, and those of float32 with two and more axes rounded to float16, unless a
    /// value lies beyond its range. It is loaded as the whole one is.
    /// </summary>
    /// <param name="from">The checkpoint.</param>
    /// <param name="to">The copy, whole or not there at all.</param>
    /// <param name="keep">Whether a tensor of a name is copied.</param>
    /// <param name="text">What the copy has of the text beside the tensors.</param>
    /// <exception cref="CheckpointException"><paramref name="from"/> is absent or damaged.</exception>
    /// <exception cref="BadInputException"><paramref name="to"/> cannot be written.</exception>
    public static void CopyNarrow(string from, string to, Func<string, bool> keep,
        Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>> text)
    {
        using var file = SafeTensors.Open(from);
        file.RequireChecksum();
        SafeTensors.Write(to, [.. file.Tensors.Values.Where(tensor => keep(tensor.Name)).Select(tensor => Narrowed(file, tensor))],
            text(file.Metadata), withChecksum: true);
    }

    private static SafeTensorSource Narrowed(SafeTensorsFile file, SafeTensorInfo tensor)
    {
        var bytes = file.Read(tensor);
        return tensor is { Type: ElementType.Float32, Shape.Rank: >= 2 } && NarrowFloats.FitHalf(MemoryMarshal.Cast<byte, float>(bytes))
            ? new SafeTensorSource(tensor.Name, tensor.Type, tensor.Shape,
                () => NarrowFloats.ToHalves(MemoryMarshal.Cast<byte, float>(bytes)))
            {
                Narrow = NarrowFloat.Half,
            }
            : new SafeTensorSource(tensor.Name, tensor.Type, tensor.Shape, () => bytes);
    }

    private static SafeTensorInfo Find(SafeTensorsFile file, string name, ElementType type, Shape shape)
    {
        if (!file.Tensors.TryGetValue(name, out var info))
            throw new CheckpointException(file.Path, $"{file.Path} has no tensor '{name}', {shape} in this model: {Remedy}");
        if (info.Shape != shape)
            throw new CheckpointException(file.Path, $"{file.Path} has '{name}' of shape {info.Shape}, this model {shape}: {Remedy}");
        if (info.Type != type && !(IsFloat(info.Type) && IsFloat(type)))
            throw new CheckpointException(file.Path,
                $"{file.Path} has '{name}' of type {SafeTensors.NameOf(info.Type)}, this model {SafeTensors.NameOf(type)}: {Remedy}");
        return info;
    }

    private static long Position(SafeTensorsFile file, string name, RandomStream stream)
    {
        var words = MemoryMarshal.Cast<byte, long>(file.Read(Find(file, name, ElementType.Int64, [3])));
        if ((ulong)words[0] != stream.Seed || (ulong)words[1] != stream.Stream)
            throw new CheckpointException(file.Path, $"{file.Path} has '{name}' with seed {(ulong)words[0]} and stream "
                + $"{(ulong)words[1]}, "
                + $"this run {stream.Seed} and {stream.Stream}: use the seed that it was trained with");
        if (words[2] < 0)
            throw new CheckpointException(file.Path,
                $"{file.Path} has '{name}' at position {words[2]}: it is damaged; take an older checkpoint");
        return words[2];
    }

    private static byte[] Words(RandomStream stream) =>
        MemoryMarshal.AsBytes<long>([(long)stream.Seed, (long)stream.Stream, stream.Position]).ToArray();

    private static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float64;

    /// <summary>
    /// A tensor under a prefix of ours that we do not have tells of another model; one under another prefix, of other parts.
    /// </summary>
    private void CheckNothingElse(SafeTensorsFile file, bool everything)
    {
        var known = _tensors.Select(entry => entry.Tensor.Name).Concat(_streams.Select(entry => entry.Name)).ToHashSet();
        var prefixes = _tensors.Select(entry => entry.Prefix).Distinct().ToList();
        var other = file.Tensors.Values.FirstOrDefault(tensor => !known.Contains(tensor.Name)
            && !tensor.Name.EndsWith(BatchCounter, StringComparison.Ordinal)
            && (everything || prefixes.Any(prefix => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))));
        if (other is not null)
            throw new CheckpointException(file.Path,
                $"{file.Path} has a tensor '{other.Name}' {other.Shape} that this model does not have: {Remedy}");
    }
}
