using System.ComponentModel;
using System.Diagnostics;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// From an address in a module's code to file and line, by the program addr2line where it is installed (it comes with g++).
/// </summary>
internal static class SourceLines
{
    /// <param name="library">The module's file.</param>
    /// <param name="offset">Offset of the return address in it.</param>
    public static string Of(string library, nint offset)
    {
        try
        {
            var start = new ProcessStartInfo("addr2line", ["-i", "-e", library, $"0x{offset - 1:x}"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false
            };
            using var process = Process.Start(start)!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();

            // From the innermost inlined function outwards; the simulator's own headers, as that of atomicAdd, say nothing to a reader.
            var places = lines.Where(line => !line.StartsWith('?') && !line.Contains("/kernels/host/", StringComparison.Ordinal))
                .Select(Name).ToList();
            if (process.ExitCode != 0 || places.Count == 0)
                return "an unknown line";
            return places.Find(place => File(place) != File(places[0])) is { } caller ? $"{places[0]} (from {caller})" : places[0];
        }
        catch (Win32Exception)
        {
            return "an unknown line (addr2line is not installed)";
        }
    }

    private static string File(string place) => place[..place.IndexOf(':')];

    private static string Name(string line)
    {
        var name = Path.GetFileName(line.Trim());
        var discriminator = name.IndexOf(" (", StringComparison.Ordinal);
        return discriminator < 0 ? name : name[..discriminator];
    }
}
