using System.Diagnostics;
using CrossModal.Cli;

namespace CrossModal.Tests.Cli;

/// <summary>What one call of the program returned and wrote.</summary>
internal sealed record Invocation(int ExitCode, string Output, string Error)
{
    /// <summary>Calls the command line in this process.</summary>
    public static Invocation InProcess(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = CommandLine.Run(args, TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        return new Invocation(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts the program as a shell does.</summary>
    /// <param name="cache">The folder for its caches; null for the user's.</param>
    public static Invocation Process(string? cache, params string[] args) => Process(cache, null, args);

    /// <summary>The same with another PATH.</summary>
    public static Invocation Process(string? cache, string? path, string[] args)
    {
        using var process = Start(cache, path, args);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Invocation(process.ExitCode, output, error.Result);
    }

    /// <summary>Starts the program and leaves it running.</summary>
    public static Process Start(string? cache, params string[] args) => Start(cache, null, args);

    /// <summary>The same with another PATH.</summary>
    public static Process Start(string? cache, string? path, string[] args)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "crossmodal.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NO_COLOR"] = "1" },
        };
        if (cache is not null)
            start.Environment["CROSSMODAL_CACHE"] = cache;
        if (path is not null)
            start.Environment["PATH"] = path;
        var process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Asserts wrong usage: exit code 2, nothing but one line on stderr.</summary>
    /// <returns>The line.</returns>
    public string WrongUsage()
    {
        Assert.Equal(2, ExitCode);
        Assert.Empty(Output);
        return OneErrorLine();
    }

    /// <summary>Asserts a failure: exit code 1 and one line on stderr.</summary>
    /// <returns>The line.</returns>
    public string Failure()
    {
        Assert.Equal(1, ExitCode);
        return OneErrorLine();
    }

    private string OneErrorLine()
    {
        Assert.StartsWith("error: ", Error);
        Assert.EndsWith(Environment.NewLine, Error);
        var line = Error[..^Environment.NewLine.Length];
        Assert.DoesNotContain('\n', line);
        return line;
    }
}
