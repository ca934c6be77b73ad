namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Operands of bfloat16 made of those that are float32. Most are weights, which every product of a step reads and the optimizer alone
/// writes: it writes a kept copy of them along, so a step converts no weights. A copy is never out of date: whatever else may have written
/// its original has it made anew at once, so that captured graphs, which go on reading the copy, need not ask.
/// </summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary>Operands remembered at most; activations of all sizes come by, too.</summary>
    private const int MostOperands = 4096;

    private readonly HashSet<(nint Address, long Count)> _narrowedOperands = [];
    private readonly List<(DeviceArray Original, DeviceArray Copy, DeviceBuffer Room)> _keptCopies = [];

    /// <summary>Where they lie. Graphs read them, so no block goes back to the driver before the end.</summary>
    private DeviceMemoryPool KeptRooms { get; }

    /// <summary>The launch at hand writes the copies of what it touches itself, or only reads.</summary>
    private bool _copiesAreKept;

    /// <summary>An array to multiply: itself where its type serves, else a rounded copy for as long as the call takes.</summary>
    internal readonly ref struct NarrowCopy(CudaBackend backend, DeviceArray array, DeviceBuffer? room) : IDisposable
    {
        public DeviceArray Array { get; } = array;

        public void Dispose()
        {
            // Whoever gets the block next uses it later in the same stream.
            if (room is not null)
                backend.Scratch.Release(room);
        }
    }

    /// <summary>An operand rounded to bfloat16 where the other one is of it.</summary>
    private NarrowCopy NarrowedBeside(DeviceArray other, DeviceArray operand) =>
        other.Type == ElementType.BFloat16 ? InBFloat16(operand) : new NarrowCopy(this, operand, null);

    /// <summary>An operand rounded to bfloat16 if it is float32.</summary>
    internal NarrowCopy InBFloat16(DeviceArray operand)
    {
        if (operand.Type != ElementType.Float32)
            return new NarrowCopy(this, operand, null);
        if (KeptCopy(operand) is { IsNone: false } kept)
            return new NarrowCopy(this, kept, null);
        if (_narrowedOperands.Count >= MostOperands)
            _narrowedOperands.Clear();
        _narrowedOperands.Add((operand.Address, operand.Count));
        var (copy, room) = Narrowed(operand, Scratch);
        return new NarrowCopy(this, copy, room);
    }

    /// <summary>The copy in bfloat16 that is kept of a parameter; <see cref="DeviceArray.None"/> where there is none.</summary>
    private DeviceArray KeptCopy(DeviceArray parameter)
    {
        foreach (var (original, copy, _) in _keptCopies)
        {
            if (original == parameter)
                return copy;
        }

        return DeviceArray.None;
    }

    /// <summary>From now on a parameter's copy is kept, if products have asked for one.</summary>
    private void KeepCopyOf(DeviceArray parameter)
    {
        if (!_narrowedOperands.Remove((parameter.Address, parameter.Count)) || !KeptCopy(parameter).IsNone)
            return;
        var (copy, room) = Narrowed(parameter, KeptRooms);
        _keptCopies.Add((parameter, copy, room));
    }

    private (DeviceArray Copy, DeviceBuffer Room) Narrowed(DeviceArray original, DeviceMemoryPool memory)
    {
        var room = memory.Allocate(original.Count * ElementType.BFloat16.Size(), "a copy in bfloat16");
        var copy = new DeviceArray(room.Address, original.Count, ElementType.BFloat16);
        ConvertQuietly(original, copy);
        return (copy, room);
    }

    private void ConvertQuietly(DeviceArray original, DeviceArray copy)
    {
        _copiesAreKept = true;
        try
        {
            Convert(original, copy);
        }
        finally
        {
            _copiesAreKept = false;
        }
    }

    /// <summary>Something may have written these bytes: copies of what lies there are made anew.</summary>
    private void Touched(nint address, long bytes)
    {
        if (_keptCopies.Count == 0 || _copiesAreKept)
            return;
        foreach (var (original, copy, _) in _keptCopies)
        {
            if (address < original.Address + (nint)original.Bytes && original.Address < address + (nint)bytes)
                ConvertQuietly(original, copy);
        }
    }

    /// <summary>A block went back to the pool: copies of what lay in it are of nothing any more.</summary>
    private void ForgetCopiesIn(DeviceBuffer released)
    {
        for (var i = _keptCopies.Count - 1; i >= 0; i--)
        {
            var (original, _, room) = _keptCopies[i];
            if (original.Address < released.Address || original.Address >= released.Address + (nint)released.Capacity)
                continue;
            _keptCopies.RemoveAt(i);
            KeptRooms.Release(room);
        }
    }
}
