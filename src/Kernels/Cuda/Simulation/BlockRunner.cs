using System.Runtime.InteropServices;
using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>Spreads the blocks of a launch over the machine's cores. A launch makes nothing on the managed heap.</summary>
internal sealed unsafe class BlockRunner(int threads) : IDisposable
{
    /// <summary>
    /// <c>simulator::workspace_bytes</c>: the stacks and the shared memory of one thread of the machine, aligned to their size.
    /// </summary>
    private const long WorkspaceBytes = 128L << 20;

    private readonly WorkerPool _workers = new(threads);

    // As many as threads may ask at once: each takes one and puts it back.
    private readonly nint[] _workspaces = new nint[threads];
    private readonly List<nint> _reserved = [];

    public void Run(LaunchRecord* launch, delegate* unmanaged<LaunchRecord*, void*, long, long, void> run, long blocks)
    {
        // A loop of the pool counts with 32 bits.
        var blocksPerItem = (blocks >> 20) + 1;
        var items = (int)((blocks + blocksPerItem - 1) / blocksPerItem);
        _workers.Run(new Body(this, launch, run, blocks, blocksPerItem), items, Math.Max(1, items / (8 * threads)));
    }

    public void Dispose()
    {
        _workers.Dispose();
        foreach (var address in _reserved)
            HostMemory.Release(address, 2 * WorkspaceBytes);
        _reserved.Clear();
    }

    private nint Take()
    {
        for (var i = 0; i < _workspaces.Length; i++)
        {
            var workspace = Interlocked.Exchange(ref _workspaces[i], 0);
            if (workspace != 0)
                return workspace;
        }

        lock (_reserved)
        {
            var address = HostMemory.Reserve(2 * WorkspaceBytes);
            if (address == 0)
                throw new DeviceException(
                    "the operating system grants cuda-sim no address space for the stacks of its threads (ulimit -v?)",
                    DeviceProblem.OutOfMemory);
            _reserved.Add(address);
            return (nint)((address + WorkspaceBytes - 1) / WorkspaceBytes * WorkspaceBytes);
        }
    }

    private void PutBack(nint workspace)
    {
        for (var i = 0; Interlocked.CompareExchange(ref _workspaces[i], workspace, 0) != 0; i = (i + 1) % _workspaces.Length)
        {
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly struct Body(
        BlockRunner owner, LaunchRecord* launch, delegate* unmanaged<LaunchRecord*, void*, long, long, void> run, long blocks,
            long blocksPerItem) : IRangeBody
    {
        private readonly LaunchRecord* _launch = launch;
        private readonly delegate* unmanaged<LaunchRecord*, void*, long, long, void> _run = run;

        public void Run(int first, int end)
        {
            var workspace = owner.Take();
            _run(_launch, (void*)workspace, first * blocksPerItem, Math.Min(end * blocksPerItem, blocks));
            owner.PutBack(workspace);
        }
    }
}
