using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Cli;

/// <summary>The one place where an exception becomes one line and an exit code.</summary>
internal static class Failure
{
    /// <summary>The environment variable that, set to 1, adds the stack trace.</summary>
    public const string TraceVariable = "CROSSMODAL_TRACE";

    /// <param name="who">What the line begins with, behind <c>error:</c>.</param>
    public static int Report(Exception exception, TextWriter error, string who = "")
    {
        if (exception is AggregateException { InnerExceptions: [var only] })
            exception = only;
        if (exception is OperationCanceledException)
        {
            // A job that saved says where; else the exception has the runtime's own words, which tell nothing.
            error.WriteLine(exception.Message == new OperationCanceledException().Message || exception is TaskCanceledException ? "stopped"
                : Excerpt.OneLine(Remedies.Describe(exception)));
            return ExitCodes.Stopped;
        }

        var trace = Environment.GetEnvironmentVariable(TraceVariable) == "1";
        error.WriteLine($"error: {who}{Excerpt.OneLine(Describe(exception, trace))}");
        if (trace)
            error.WriteLine(exception);
        return ExitCodes.Failed;
    }

    private static string Describe(Exception exception, bool trace) => exception switch
    {
        BadInputException or NonFiniteException or DeviceException => Remedies.Describe(exception),
        // Files that others hold, broken disks, missing rights: the system's own words name the file.
        IOException or UnauthorizedAccessException => exception.Message,
        _ => $"internal: {exception.GetType().Name}: {exception.Message}" + (trace ? "" : $" (set {TraceVariable}=1 for the stack trace)"),
    };
}
