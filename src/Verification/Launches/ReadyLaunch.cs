using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Tensors;

namespace CrossModal.Verification.Launches;

/// <summary>A launch of a kernel that can be had at any time: the first one that an op case makes.</summary>
/// <param name="Family">The kernel's file without <c>.cu</c>.</param>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Case">The op case whose run, forward or backward, makes the launch.</param>
/// <param name="Precision">Of the device that the case runs on.</param>
/// <param name="Shape">Grid, block and shared memory.</param>
internal sealed record ReadyLaunch(string Family, string Kernel, OpCase Case, Precision Precision, LaunchShape Shape)
{
    /// <summary>Runs the case on the simulator up to the launch and records one block of it.</summary>
    /// <param name="block">Which block.</param>
    /// <param name="mostEvents">How many events are kept.</param>
    /// <param name="compiling">Told the name of each kernel file before it is compiled, or found compiled.</param>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    /// <exception cref="BadInputException">The grid has no such block.</exception>
    public KernelTrace Record(Index3 block = default, int mostEvents = TraceRequest.StandardEvents, Action<string>? compiling = null)
    {
        var request = new TraceRequest(Family, Kernel, block) { MostEvents = mostEvents, Compiling = compiling };
        using var device = new Device(KernelRecorder.Record(Precision, request));
        try
        {
            Run(Case, device);
        }
        catch (KernelTracedException traced)
        {
            return traced.Trace;
        }

        throw new InvalidOperationException($"{Case} has not launched {Kernel}");
    }

    /// <summary>A case forward and, where it has gradients, backward.</summary>
    public static void Run(OpCase opCase, Device device)
    {
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, differentiable: opCase.Orders > 0);
        var outputs = opCase.Function(device, opCase.AsActivations(device, inputs));
        if (opCase.Orders > 0)
            Tape.Gradients((outputs[0] * OpCase.Weights(opCase.Name, outputs[0])).Sum(), [.. inputs.Where(one => one.RequiresGradient)]);
    }
}
