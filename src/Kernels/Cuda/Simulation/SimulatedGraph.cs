using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>What a stream was told between <c>BeginCapture</c> and <c>EndCapture</c>, with the argument values of that time.</summary>
internal sealed unsafe class SimulatedGraph : IDisposable
{
    /// <summary>The most that a parameter asks for.</summary>
    private const int Alignment = TensorMap.Alignment;

    private readonly List<Step> _steps = [];

    public void AddCopy(nint destination, nint source, long bytes) =>
        _steps.Add(new Step { Destination = destination, Source = source, Bytes = bytes });

    public void AddClear(nint address, long bytes) => _steps.Add(new Step { Destination = address, Bytes = bytes });

    /// <summary>A library without a GPU works when it is called, so it is called each time.</summary>
    public void AddCall(Action library) => _steps.Add(new Step { Library = library });

    public void AddLaunch(nint function, LaunchShape shape, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        var record = (KernelRecord*)function;
        var pointers = RoundUp(record->ParameterCount * sizeof(void*));
        var bytes = pointers + Alignment;
        for (var i = 0; i < record->ParameterCount; i++)
            bytes += RoundUp(record->Sizes[i]);
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        var values = memory + pointers;
        for (var i = 0; i < record->ParameterCount; i++)
        {
            ((void**)memory)[i] = values;
            Buffer.MemoryCopy(arguments[i], values, record->Sizes[i], record->Sizes[i]);
            values += RoundUp(record->Sizes[i]);
        }

        _steps.Add(new Step { Function = function, Shape = shape, Arguments = (nint)memory, Ranges = ranges.ToArray() });
    }

    public void Run(SimulatedDriver driver)
    {
        foreach (var step in _steps)
        {
            if (step.Library is { } library)
                library();
            else if (step.Function != 0)
                driver.LaunchNow(step.Function, step.Shape, (void**)step.Arguments, step.Ranges);
            else if (step.Source != 0)
                driver.CopyNow(step.Destination, step.Source, step.Bytes);
            else
                driver.ClearNow(step.Destination, step.Bytes);
        }
    }

    public void Dispose()
    {
        foreach (var step in _steps)
            NativeMemory.AlignedFree((void*)step.Arguments);
        _steps.Clear();
    }

    private static int RoundUp(int bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private sealed class Step
    {
        public Action? Library { get; init; }

        public nint Function { get; init; }

        public LaunchShape Shape { get; init; }

        public nint Arguments { get; init; }

        public DeviceRange[] Ranges { get; init; } = [];

        public nint Destination { get; init; }

        public nint Source { get; init; }

        public long Bytes { get; init; }
    }
}
