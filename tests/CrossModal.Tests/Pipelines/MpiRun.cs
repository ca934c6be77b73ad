using System.Diagnostics;

namespace CrossModal.Tests.Pipelines;

/// <summary>The program on several ranks, as <c>mpirun</c> starts it.</summary>
internal static class MpiRun
{
    public const string Launcher = "mpirun";

    /// <summary>
    /// Skips the running test where the launcher is not on the PATH; where it is the usual one, unless <c>CROSSMODAL_REQUIRE</c> names mpi.
    /// </summary>
    public static void Require(string launcher = Launcher)
    {
        var there = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, launcher)));
        if (!there && !(launcher == Launcher && Environment.GetEnvironmentVariable("CROSSMODAL_REQUIRE")?.Contains("mpi") == true))
            Assert.Skip($"no {launcher} on the PATH (apt-get install openmpi-bin)");
    }

    /// <summary>Starts the program and leaves it running; skips the test where it cannot.</summary>
    /// <param name="cache">The folder for its caches.</param>
    /// <param name="variables">Of the environment, beside those that all have.</param>
    public static Process Start(int ranks, string cache, string[] arguments, string launcher = Launcher,
        params ReadOnlySpan<(string Name, string Value)> variables)
    {
        Require(launcher);

        // These tests have more ranks than the machine may have cores, and may run as root in a container.
        string[] crowded = launcher == Launcher ? ["--oversubscribe"] : [];
        var start = new ProcessStartInfo(launcher,
            [.. crowded, "-n", $"{ranks}", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "crossmodal.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["NO_COLOR"] = "1", ["CROSSMODAL_CACHE"] = cache, ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
                ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
            },
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>All that a process says, read while it runs.</summary>
    public static (Task<string> Output, Task<string> Error) Said(Process process) =>
        (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
}
