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
            var places = OfAll(library, [offset])[0];
            if (places.Count == 0)
                return "an unknown line";
            return places.Find(place => File(place) != File(places[0])) is { } caller ? $"{places[0]} (from {caller})" : places[0];
        }
        catch (Win32Exception)
        {
            return "an unknown line (addr2line is not installed)";
        }
    }

    /// <summary>
    /// For each address its lines, <c>file:line</c>, from the innermost inlined function outwards; none where nothing is known. The
    /// simulator's own headers, as that of atomicAdd, say nothing to a reader and are left out.
    /// </summary>
    /// <exception cref="Win32Exception">The program addr2line is not installed.</exception>
    public static List<string>[] OfAll(string library, IReadOnlyList<nint> offsets)
    {
        var start = new ProcessStartInfo("addr2line", ["-a", "-i", "-e", library])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        foreach (var offset in offsets)
            process.StandardInput.WriteLine($"0x{offset - 1:x}");
        process.StandardInput.Close();
        process.WaitForExit();
        var places = offsets.Select(_ => new List<string>()).ToArray();
        var at = -1;
        foreach (var line in output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("0x", StringComparison.Ordinal))
                at++;
            else if (!line.StartsWith('?') && !line.Contains("/kernels/host/", StringComparison.Ordinal))
                places[at].Add(Name(line));
        }

        return places;
    }

    public static string File(string place) => place[..place.IndexOf(':')];

    private static string Name(string line)
    {
        var name = Path.GetFileName(line.Trim());
        var discriminator = name.IndexOf(" (", StringComparison.Ordinal);
        return discriminator < 0 ? name : name[..discriminator];
    }
}
