using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using CrossModal.Kernels;

namespace CrossModal;

/// <summary>
/// The program <c>ffmpeg</c>, which reads and writes what this program does not. It is given a list of arguments and no shell, its time and
/// what it may say are bounded, and of a file it is told which format that has: nothing makes it open another file or an address.
/// </summary>
internal static class Ffmpeg
{
    public const string Program = "ffmpeg";

    /// <summary>How to come by it, as the end of a sentence.</summary>
    public const string Remedy = $"install it (on Debian: apt-get install {Program})";

    private const int MostLetters = 1 << 16;

    /// <summary>Where it is; null where it is not on the PATH.</summary>
    public static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? $"{Program}.exe" : Program)).FirstOrDefault(File.Exists);

    /// <summary>What opens a file for reading.</summary>
    /// <param name="demuxer">Its format, as ffmpeg calls it.</param>
    public static string[] Input(string path, string demuxer) =>
        ["-protocol_whitelist", "file", "-f", demuxer, "-i", Name(path)];

    /// <summary>A path as ffmpeg takes it for one: other names are options or protocols to it.</summary>
    public static string Name(string path) => $"file:{Path.GetFullPath(path)}";

    /// <summary>Runs it to its end.</summary>
    /// <param name="program">From <see cref="Find"/>.</param>
    /// <param name="arguments">Without those that make it quiet and alone.</param>
    /// <param name="most">It is ended when it takes longer.</param>
    /// <returns>Its exit code, and what it said on its error stream.</returns>
    /// <exception cref="TimeoutException">It took longer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was triggered; it was ended.</exception>
    public static (int ExitCode, string Said) Run(string program, IEnumerable<string> arguments, TimeSpan most, CancellationToken cancel)
    {
        using var process = Start(program, ["-hide_banner", "-nostdin", .. arguments]);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(most);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        using var end = either.Token.Register(() => End(process));
        var said = ReadSome(process.StandardError);
        process.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        return limit.IsCancellationRequested ? throw new TimeoutException() : (process.ExitCode, said);
    }

    /// <exception cref="BadInputException">It cannot be started.</exception>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new BadInputException($"{program}: cannot be started ({error.Message}); {Remedy}", error);
        }
    }

    /// <summary>The last line of what it said, which tells what was wrong.</summary>
    public static string LastLine(string said) =>
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";

    private static void End(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>All that it says is taken from it, so that it never waits, and the beginning is kept.</summary>
    private static string ReadSome(StreamReader reader)
    {
        var said = new StringBuilder();
        var block = new char[4096];
        for (int read; (read = reader.Read(block)) > 0;)
            said.Append(block, 0, Math.Min(read, MostLetters - said.Length));
        return said.ToString();
    }
}
