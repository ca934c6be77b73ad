using System.Diagnostics;
using CrossModal.Kernels;

/// <summary>
/// Ends the program at a moment that does not depend on time: .NET calls it before the program where DOTNET_STARTUP_HOOKS names this
/// assembly. The moments are just before and just after each file is moved to its place.
/// </summary>
internal static class StartupHook
{
    /// <summary>How many moments pass before the one that kills; or the end of a path, which kills just after that file came.</summary>
    public const string Variable = "CROSSMODAL_TESTS_KILL";

    public static void Initialize()
    {
        var chosen = Environment.GetEnvironmentVariable(Variable) ?? "";
        var number = int.TryParse(chosen, out var parsed) ? parsed : int.MaxValue;
        var moments = 0;
        StagedPath.Moving = path =>
        {
            if (Interlocked.Increment(ref moments) > number
                || number == int.MaxValue && path.EndsWith(chosen, StringComparison.Ordinal) && File.Exists(path))
                Process.GetCurrentProcess().Kill();
        };
    }
}
