using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Cli;

/// <summary>
/// The program's output and error stream, which may be closed, full, or go away with the terminal while a job runs: the job goes on and
/// saves, and at the end it is said which of them failed and why. A reader that wants no more, as <c>head</c>, is no failure.
/// </summary>
internal static class StandardStreams
{
    private const int Input = 0, Output = 1, Error = 2;

    /// <summary>Runs the program on both streams.</summary>
    /// <returns>Its exit code, or that of a failure where it had none and a stream has.</returns>
    public static int Run(Func<TextWriter, TextWriter, int> program)
    {
        var (outputClosed, errorClosed) = (IsClosed(Output), IsClosed(Error));
        Occupy();
        var error = new LastingWriter(errorClosed ? TextWriter.Null : Console.Error);
        Console.SetError(error);
        if (outputClosed)
        {
            error.WriteLine("error: stdout is closed; send it to a file, or to /dev/null");
            return ExitCodes.Failed;
        }

        var output = new LastingWriter(Console.Out);
        Console.SetOut(output);
        var code = program(Console.Out, Console.Error);
        if (output.Failure is { } reason)
            error.WriteLine($"error: stdout cannot be written ({reason}); what was to be shown is lost, all else is done");
        return code == ExitCodes.Done && (output.Failure ?? error.Failure) is not null ? ExitCodes.Failed : code;
    }

    /// <summary>
    /// Whether the program was started without this stream. Its number is then free, or the runtime has opened something of its own under
    /// it, which is closed when a program starts, as a stream that was inherited cannot be.
    /// </summary>
    private static bool IsClosed(int stream) =>
        !OperatingSystem.IsWindows() && UnixCalls.fcntl(stream, UnixCalls.GetDescriptorFlags) is < 0 or UnixCalls.CloseOnExec;

    /// <summary>A file that is opened later must not get the number of a stream that others may write to.</summary>
    private static void Occupy()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var stream in new[] { Input, Output, Error })
        {
            if (UnixCalls.fcntl(stream, UnixCalls.GetDescriptorFlags) < 0)
                _ = UnixCalls.open("/dev/null", UnixCalls.ReadAndWrite);
        }
    }

    /// <summary>Keeps the first failure, after which it writes no more.</summary>
    internal sealed class LastingWriter(TextWriter inner) : TextWriter
    {
        /// <summary>Why it could not be written; null as long as it could.</summary>
        public string? Failure { get; private set; }

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Try(() => inner.Write(value));

        public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

        public override void Write(string? value) => Try(() => inner.Write(value));

        public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

        public override void Flush() => Try(inner.Flush);

        private void Try(Action write)
        {
            if (Failure is not null)
                return;
            try
            {
                write();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Failure = error.Message.TrimEnd('.');
            }
        }
    }
}
