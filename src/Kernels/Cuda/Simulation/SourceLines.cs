using System.ComponentModel;
using System.Diagnostics;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>From an address in a module's code to file and line, by the program addr2line where it is installed (it comes with g++).</summary>
internal static class SourceLines
{
    /// <param name="library">The module's file.</param>
    /// <param name="offset">Offset of the return address in it.</param>
    public static string Of(string library, nint offset)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("addr2line", $"-i -e \"{library}\" 0x{offset - 1:x}") { RedirectStandardOutput = true, UseShellExecute = false })!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            if (process.ExitCode != 0 || lines.Length == 0 || lines[0].StartsWith('?'))
                return "an unknown line";
            return lines.Length > 1 && Name(lines[0]).Split(':')[0] != Name(lines[^1]).Split(':')[0] ? $"{Name(lines[0])} (from {Caller(lines)})" : Name(lines[0]);
        }
        catch (Win32Exception)
        {
            return "an unknown line (addr2line is not installed)";
        }
    }

    /// <summary>The innermost caller in another file: where a header's function was used.</summary>
    private static string Caller(string[] lines)
    {
        var file = Name(lines[0]).Split(':')[0];
        return Name(lines.First(line => Name(line).Split(':')[0] != file));
    }

    private static string Name(string line)
    {
        var name = Path.GetFileName(line.Trim());
        var discriminator = name.IndexOf(" (", StringComparison.Ordinal);
        return discriminator < 0 ? name : name[..discriminator];
    }
}
