using System.CommandLine;
using System.CommandLine.Invocation;
using CrossModal.Kernels;
using CrossModal.Kernels.Communication;

namespace CrossModal.Cli;

/// <summary>The whole program as a function of its arguments, so that tests can call it without starting a process.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="output">Where results and progress go; bars are drawn only when it is a terminal.</param>
    /// <param name="error">Where the one line of an error goes.</param>
    /// <returns>0 done, 1 failed, 2 wrong usage, 130 stopped.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        using var terminal = new Terminal(output, error);
        try
        {
            var parsed = CommandTree.Build(terminal)
                .Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction)
            {
                error.WriteLine($"error: {Excerpt.OneLine(WrongUsage.Describe(parsed))}");
                return ExitCodes.WrongUsage;
            }

            if (parsed.CommandResult.Command is DocumentedCommand command && parsed.Action == command.Action)
            {
                RequireWorkingFolder();
                if (!command.RunsOnRanks && ParallelLaunch.Read(Environment.GetEnvironmentVariable) is { } launch)
                    throw new BadInputException(
                        $"{launch.Launcher} started this {launch.Size} times, and {command.Name} runs in one process; start it alone");
            }

            return parsed.Invoke(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception exception)
        {
            // The bars are taken down first, so that the line stands alone and the cursor is back.
            terminal.EndProgress();
            return Failure.Report(exception, error);
        }
    }

    /// <summary>Where paths begin is known before anything is read or written.</summary>
    /// <exception cref="BadInputException">The working folder was removed.</exception>
    private static void RequireWorkingFolder()
    {
        try
        {
            if (Directory.Exists(Environment.CurrentDirectory))
                return;
        }
        catch (IOException)
        {
            // The system does not know its name any more.
        }

        throw new BadInputException("the working folder was removed; change to one that is there");
    }
}
