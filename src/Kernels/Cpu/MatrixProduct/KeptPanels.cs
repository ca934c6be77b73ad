namespace CrossModal.Kernels.Cpu;

/// <summary>What was made of a convolution's weights: points of their taps, or the packed second operand of a product.</summary>
internal enum PanelKind
{
    Taps,
    TransposedTaps,
    Patches,
    Phase,
}

/// <summary>All that decides what a weight array becomes: two calls with equal forms find the same numbers in the same places.</summary>
/// <param name="Part">Outputs of a tile, or the number of the phase.</param>
/// <param name="Width">Columns of the micro-kernel.</param>
/// <param name="Geometry">Of the convolution, whatever its batch.</param>
internal readonly record struct PanelForm(PanelKind Kind, int Part, int Width, ConvolutionGeometry Geometry)
{
    public static PanelForm Of(PanelKind kind, int part, int width, in ConvolutionGeometry geometry) =>
        new(kind, part, width, geometry with { Batch = 0 });
}

/// <summary>
/// Weights as the products read them, kept for the next call as long as nobody writes to the array that they were made of: a generator that
/// makes samples reads the same weights at every call. Memory is spent only on what was read some times without a write between. A training
/// step writes its weights after one or two reads, and keeping them for the second gained nothing that could be measured. Kept or not,
/// results are the same.
/// </summary>
internal sealed unsafe class KeptPanels : IDisposable
{
    /// <summary>
    /// Forms remembered at most. Whoever makes new arrays at every call would fill the memory with what is never found again.
    /// </summary>
    private const int MostEntries = 512;

    /// <summary>Reads without a write between that make keeping worthwhile.</summary>
    private const int FewestUses = 3;

    private readonly Dictionary<(nint Address, OperandKind Kind, PanelForm Form), Entry> _entries = [];
    private readonly Lock _gate = new();

    private sealed class Entry
    {
        public required nint End { get; init; }

        public PanelBuffer Buffer { get; } = new();

        /// <summary>The buffer holds what the array says.</summary>
        public bool Filled { get; set; }

        /// <summary>Calls since the array was written.</summary>
        public int Uses { get; set; }

        /// <summary>Before the last write, or since then, there were calls enough.</summary>
        public bool Worth { get; set; }
    }

    /// <summary>Bytes that are spent on what is kept.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _entries.Values.Sum(entry => entry.Buffer.Capacity * sizeof(float));
        }
    }

    /// <summary>
    /// Where the panels of <paramref name="weight"/> are or are to be kept; null where keeping them does not pay. With
    /// <paramref name="ready"/> they are there, else the caller fills them in and says so with <see cref="Fill"/>. Of one array there may
    /// be both its numbers and its rounded ones.
    /// </summary>
    /// <param name="floats">Of the panels.</param>
    public float* Find(Operand weight, in PanelForm form, long floats, out bool ready)
    {
        lock (_gate)
        {
            ready = false;
            if (!_entries.TryGetValue(Key(weight, form), out var entry))
            {
                if (_entries.Count >= MostEntries && !MakeRoom())
                    return null;
                _entries.Add(Key(weight, form), entry = new Entry { End = (nint)(weight + form.Geometry.WeightCount).Address });
            }

            entry.Worth |= ++entry.Uses >= FewestUses;
            if (!entry.Worth)
                return null;
            entry.Buffer.Reserve(floats);
            ready = entry.Filled;
            return entry.Buffer.Address;
        }
    }

    /// <summary>The panels that <see cref="Find"/> gave room for are complete.</summary>
    public void Fill(Operand weight, in PanelForm form)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(Key(weight, form), out var entry))
                entry.Filled = true;
        }
    }

    /// <summary>The array is about to be written: what was made of it, or of a part of it, means nothing any more.</summary>
    public void Forget(in DeviceArray written)
    {
        lock (_gate)
        {
            foreach (var ((address, _, _), entry) in _entries)
            {
                if (entry.Uses == 0 || written.Address >= entry.End || written.Address + (nint)written.Bytes <= address)
                    continue;
                entry.Worth = entry.Uses >= FewestUses;
                (entry.Filled, entry.Uses) = (false, 0);
                if (!entry.Worth)
                    entry.Buffer.Free();
            }
        }
    }

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
            entry.Buffer.Free();
        _entries.Clear();
    }

    private static (nint Address, OperandKind Kind, PanelForm Form) Key(Operand weight, in PanelForm form) =>
        ((nint)weight.Address, weight.Kind, form);

    /// <summary>Forgets what holds no memory, so that nothing goes that another thread may be reading.</summary>
    private bool MakeRoom()
    {
        foreach (var (key, entry) in _entries)
        {
            if (!entry.Worth)
                _entries.Remove(key);
        }

        return _entries.Count < MostEntries;
    }
}

/// <summary>Panels for the length of a call, kept ones or rented ones.</summary>
internal readonly unsafe struct PreparedPanels : IDisposable
{
    private readonly PanelMemory? _memory;
    private readonly PanelBuffer? _rented;
    private readonly KeptPanels? _kept;
    private readonly Operand _weight;
    private readonly PanelForm _form;

    /// <summary>Room that is given back at the end.</summary>
    public PreparedPanels(PanelMemory memory, long floats)
    {
        _memory = memory;
        _rented = memory.Rent(floats);
        Address = _rented.Address;
    }

    public PreparedPanels(KeptPanels kept, Operand weight, in PanelForm form, float* address, bool ready)
    {
        (_kept, _form, Ready) = (kept, form, ready);
        _weight = weight;
        Address = address;
    }

    public float* Address { get; }

    /// <summary>The numbers are there.</summary>
    public bool Ready { get; }

    /// <summary>The numbers are there now.</summary>
    public void Complete() => _kept?.Fill(_weight, _form);

    public void Dispose()
    {
        if (_rented is not null)
            _memory!.Return(_rented);
    }
}
