using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// A driver that computes nothing of use: it stands for a GPU with the properties given, and of each launch that is captured it runs a few
/// blocks and counts what they do (kernels/host/count.cpp). Launches outside a capture are only remembered, so that the files they need are
/// compiled together. Memory is address space, backed only where it is touched, so a step runs at its real size.
/// </summary>
/// <param name="properties">Grids and versions of kernels are chosen by them.</param>
/// <param name="threads">Threads of the machine that share the blocks; 0 for one a core. Counts do not depend on it.</param>
internal sealed unsafe class CountingDriver(GpuProperties properties, int threads = 0) : IdleDriver, ICudaDriver
{
    private readonly HostCompiler _compiler = HostCompiler.Find();
    private readonly BlockRunner _runner = new(threads > 0 ? threads : Environment.ProcessorCount);
    private readonly LaunchRecord* _launch = (LaunchRecord*)NativeMemory.AllocZeroed((nuint)sizeof(LaunchRecord));
    private readonly Dictionary<nint, long> _memory = [];
    private readonly List<KernelSource> _sources = [];
    private readonly List<(KernelSource Source, string Kernel)> _functions = [];
    private readonly Dictionary<string, SimulatedModule> _modules = [];
    private readonly HashSet<nint> _needed = [];
    private readonly Dictionary<string, LaunchCounts> _known = [];
    private readonly List<CountedNode> _captured = [];

    /// <summary>Where launches are counted into; null where they are only remembered.</summary>
    private List<CountedNode>? _counted;

    /// <summary>Told after each launch of a capture how many are counted, and the kernel's name.</summary>
    public Action<int, string>? Counted { get; set; }

    /// <summary>Says whether an address lies in memory that a call took for itself.</summary>
    public Func<nint, bool> IsScratch { get; set; } = _ => false;

    /// <summary>Told before a kernel file is compiled; several threads may.</summary>
    public Action<KernelSource>? Compiling { get; set; }

    /// <summary>Told after each kernel file how many are compiled, and how many there are.</summary>
    public Action<int, int>? Compiled { get; set; }

    /// <summary>Launches, copies and clears outside a capture so far; who sets it to 0 before work that is captured then knows how many
    /// to expect.</summary>
    public int Seen { get; set; }

    /// <summary>What the capture that ended last consists of.</summary>
    public IReadOnlyList<CountedNode> Nodes => _captured;

    public string DeviceName => "cuda-sim";

    public GpuProperties Properties => properties;

    public long? FreeBytes => properties.MemoryBytes - _memory.Values.Sum();

    public nint Allocate(long bytes)
    {
        if (bytes > FreeBytes)
            return 0;
        var address = HostMemory.Reserve(Math.Max(bytes, 1));
        if (address != 0)
            _memory[address] = Math.Max(bytes, 1);
        return address;
    }

    public void Free(nint address)
    {
        if (_memory.Remove(address, out var bytes))
            HostMemory.Release(address, bytes);
    }

    /// <summary>Kept: labels and the like may be what a kernel finds its way by.</summary>
    public void CopyToDevice(nint destination, void* source, long bytes, nint stream) =>
        Buffer.MemoryCopy(source, (void*)destination, bytes, bytes);

    public void CopyOnDevice(nint destination, nint source, long bytes, nint stream)
    {
        if (_counted is not null)
            Add(new CountedNode(NodeKind.Copy, null, [new(destination, bytes), new(source, bytes)]), "copy");
        else
            Seen++;
    }

    public void Clear(nint address, long bytes, nint stream)
    {
        if (_counted is not null)
            Add(new CountedNode(NodeKind.Clear, null, [new(address, bytes)]), "clear");
        else
            Seen++;
    }

    public nint LoadModule(KernelSource source)
    {
        _sources.Add(source);
        return _sources.Count - 1;
    }

    public nint GetFunction(nint module, string kernel)
    {
        _functions.Add((_sources[(int)module], kernel));
        return _functions.Count - 1;
    }

    /// <exception cref="CudaException">The kernel's file does not compile, or a block does what no GPU would let it do.</exception>
    public TensorMap EncodeTensorMap(in BoxedArray array) => SimulatedTensorMap.Of(array);

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        if (_counted is null)
        {
            Seen++;
            _needed.Add(function);
            return;
        }

        var (source, name) = _functions[(int)function];
        var module = Module(source);
        var kernel = module.Find(name);
        LaunchFault.CheckShape(kernel, shape);
        var key = Key(source, kernel, shape, arguments, ranges);
        if (!_known.TryGetValue(key, out var counts))
            _known[key] = counts = Count(module, kernel, shape, arguments, ranges);
        var touched = ranges.ToArray();
        var scratch = Array.ConvertAll(touched, range => IsScratch(range.Address));
        Add(new CountedNode(NodeKind.Launch, counts, touched) { Scratch = scratch }, name);
    }

    public void Call(Action library, nint stream) => throw new NotSupportedException("no library's work can be counted");

    public void BeginCapture(nint stream)
    {
        _captured.Clear();
        _counted = _captured;
        Compile([.. _needed.Select(function => _functions[(int)function].Source).DistinctBy(source => source.Name)
            .Where(source => !_modules.ContainsKey(source.Name))]);
        _needed.Clear();
    }

    public nint EndCapture(nint stream)
    {
        _counted = null;
        return NewHandle();
    }

    /// <summary>What work outside a capture does, counted at once; null where it answers that it launched nothing.</summary>
    public IReadOnlyList<CountedNode>? Count(Func<bool> work)
    {
        _counted = [];
        try
        {
            return work() ? _counted : null;
        }
        finally
        {
            _counted = null;
        }
    }

    public void LaunchGraph(nint graph, nint stream)
    {
    }

    public void DestroyGraph(nint graph)
    {
    }

    public void Dispose()
    {
        _runner.Dispose();
        foreach (var module in _modules.Values)
            module.Dispose();
        foreach (var (address, bytes) in _memory)
            HostMemory.Release(address, bytes);
        _modules.Clear();
        _memory.Clear();
        NativeMemory.Free(_launch);
    }

    private void Add(CountedNode node, string name)
    {
        _counted!.Add(node);
        if (_counted == _captured)
            Counted?.Invoke(_captured.Count, name);
    }

    private void Compile(IReadOnlyList<KernelSource> sources) => KernelSource.CompileAll(sources, source =>
    {
        Compiling?.Invoke(source);
        var module = new SimulatedModule(source.Name, _compiler.Compile(source, SimulatorBuild.Count));
        lock (_modules)
            _modules[source.Name] = module;
    }, ready => Compiled?.Invoke(ready, sources.Count));

    private SimulatedModule Module(KernelSource source)
    {
        if (!_modules.ContainsKey(source.Name))
            Compile([source]);
        return _modules[source.Name];
    }

    private LaunchCounts Count(SimulatedModule module, KernelRecord* kernel, in LaunchShape shape, void** arguments,
        ReadOnlySpan<DeviceRange> ranges)
    {
        fixed (DeviceRange* first = ranges)
        {
            _launch->Function = kernel;
            _launch->Arguments = arguments;
            _launch->Ranges = first;
            _launch->RangeCount = ranges.Length;
            (_launch->Grid[0], _launch->Grid[1], _launch->Grid[2]) = (shape.Grid.X, shape.Grid.Y, shape.Grid.Z);
            (_launch->Block[0], _launch->Block[1], _launch->Block[2]) = (shape.Block.X, shape.Block.Y, shape.Block.Z);
            _launch->DynamicBytes = shape.SharedBytes;
            _launch->FaultBlock = long.MaxValue;
            using var counter = new LaunchCounter(_launch, shape);
            _runner.Run(_launch, module.Run, counter.Samples);
            if (_launch->FaultBlock != long.MaxValue)
                throw LaunchFault.Report(kernel, module.Path, _launch);
            return counter.Read(module.Family);
        }
    }

    /// <summary>
    /// Two launches with the same key do the same: kernel, grid, values, and of each array its length, its place within a line of the cache
    /// and whether it was given before. An address within a value (a tensor map has one) is that of an array and a place in it.
    /// </summary>
    private static string Key(KernelSource source, KernelRecord* kernel, in LaunchShape shape, void** arguments,
        ReadOnlySpan<DeviceRange> ranges)
    {
        const int LineBytes = 128;
        var key = new System.Text.StringBuilder($"{source.Name} {kernel->NameText} {shape}");
        for (var i = 0; i < kernel->ParameterCount; i++)
        {
            if (kernel->Pointers[i])
            {
                var address = *(nint*)arguments[i];
                key.Append(' ').Append(address == 0 ? -1 : address % LineBytes);
                continue;
            }

            var value = new ReadOnlySpan<byte>(arguments[i], kernel->Sizes[i]);
            for (; value.Length >= sizeof(nint); value = value[sizeof(nint)..])
                AppendWord(key.Append(' '), MemoryMarshal.Read<nint>(value), ranges);
            key.Append(' ').Append(Convert.ToHexString(value));
        }

        for (var i = 0; i < ranges.Length; i++)
        {
            var same = 0;
            while (ranges[same] != ranges[i])
                same++;
            key.Append(' ').Append(ranges[i].Bytes).Append('=').Append(same).Append('+').Append(ranges[i].Address % LineBytes);
        }

        return key.ToString();
    }

    private static void AppendWord(System.Text.StringBuilder key, nint word, ReadOnlySpan<DeviceRange> ranges)
    {
        for (var i = 0; i < ranges.Length; i++)
        {
            if (word >= ranges[i].Address && word < ranges[i].Address + ranges[i].Bytes)
            {
                key.Append('@').Append(i).Append('+').Append(word - ranges[i].Address);
                return;
            }
        }

        key.Append(word);
    }
}
